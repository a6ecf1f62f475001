"""News pages as sites make them, around given articles: what a reader sees of such a page is mostly not the article.

Eight layouts, after those of broadcasters, broadsheets, tabloids, agencies and local papers, each with its navigation,
share bars, captions, links and lists in and around the text, scripts that hold the text once more, comments, notices;
and four ways to say what the page is: JSON-LD, OpenGraph, <time>, or nothing but a visible line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Any

METADATA = ("json-ld", "opengraph", "time", "dateline")


@dataclass(frozen=True)
class News:
    """An article as it is to stand on a page. `site` is what the outlet calls itself, `others` more of its news."""

    title: str
    paragraphs: Sequence[str]
    published: datetime
    site: str
    url: str
    authors: Sequence[str]
    description: str | None
    others: Sequence[tuple[str, datetime]]
    metadata: str


def page(news: News, number: int) -> str:
    """The page, in the layout of that number."""
    return LAYOUTS[number % len(LAYOUTS)](news)


def _head(news: News, title: str, *more: str) -> str:
    """What stands in <head>: the title in the site's style, and the metadata of the page's kind."""
    e = escape
    stamp = news.published.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    later = (news.published + timedelta(days=2, hours=3)).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    lines = [
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{e(title)}</title>",
        '<link rel="stylesheet" href="/static/main.3f2a.css">',
        "<script>window.dataLayer = window.dataLayer || []; (function(w,d,s){var j=d.createElement(s);j.async=true;"
        "j.src='/tag.js?id=GTM-X';})(window,document,'script');</script>",
        "<style>.ad{min-height:250px}.visually-hidden{position:absolute;clip:rect(0 0 0 0)}</style>",
    ]
    if news.description and news.metadata != "dateline":
        lines.append(f'<meta name="description" content="{e(news.description)}">')
    if news.metadata in ("opengraph", "json-ld"):
        lines += [
            '<meta property="og:type" content="article">',
            f'<meta property="og:title" content="{e(news.title)}">',
            f'<meta property="og:site_name" content="{e(news.site)}">',
            f'<meta property="og:url" content="{e(news.url)}">',
            '<meta property="og:image" content="/img/lead.jpg">',
            '<meta name="twitter:card" content="summary_large_image">',
        ]
    if news.metadata == "opengraph":
        lines += [
            f'<meta property="article:modified_time" content="{later}">',
            f'<meta property="article:published_time" content="{stamp}">',
            *(f'<meta property="article:author" content="{e(author)}">' for author in news.authors),
        ]
    if news.metadata == "json-ld":
        item: dict[str, Any] = {
            "@type": "NewsArticle",
            "headline": news.title,
            "dateModified": later,
            "datePublished": stamp,
            "mainEntityOfPage": {"@type": "WebPage", "@id": news.url},
            "image": [{"@type": "ImageObject", "url": "/img/lead.jpg", "width": 1200}],
            "author": [{"@type": "Person", "name": author} for author in news.authors],
            "publisher": {"@type": "NewsMediaOrganization", "name": news.site, "logo": {"@type": "ImageObject"}},
        }
        crumbs = {"@type": "BreadcrumbList", "itemListElement": [{"@type": "ListItem", "position": 1, "name": "News"}]}
        graph = {"@context": "https://schema.org", "@graph": [crumbs, item]}
        lines.append(f'<script type="application/ld+json">{_script(graph)}</script>')
    return "<head>" + "\n".join([*lines, *more]) + "</head>"


def _script(value: object) -> str:
    return json.dumps(value).replace("</", "<\\/")


def _time(news: News, shown: str, attributes: str = "") -> str:
    """The visible date, in a <time> where this page has one."""
    if news.metadata != "time":
        return f"<span class='timestamp'>{shown}</span>"
    return f'<time {attributes} datetime="{news.published:%Y-%m-%dT%H:%M:%SZ}">{shown}</time>'


def _links(news: News, first: int, count: int, item: str = "<li><a href='/news/{n}'>{title}</a></li>") -> str:
    chosen = [news.others[(first + n) % len(news.others)] for n in range(count)]
    return "\n".join(
        item.format(n=1000 + first + n, title=escape(title), date=f"{date:%d %b %Y}", iso=f"{date:%Y-%m-%dT%H:%M:%SZ}")
        for n, (title, date) in enumerate(chosen)
    )


def _nav(news: News) -> str:
    sections = ["Home", "World", "UK", "US", "Politics", "Business", "Tech", "Science", "Health", "Sport", "Opinion"]
    links = "".join(f'<li class="nav__item"><a href="/{s.lower()}">{s}</a></li>' for s in sections)
    return (
        f'<a class="skip" href="#main">Skip to main content</a><div id="cookie-banner" role="dialog"><p>We and our '
        "partners store and access information on your device, such as cookies, to show you personalised advertising. "
        "You can change your choices at any time in our privacy centre.</p><button>Accept all</button><button>Manage "
        f'options</button></div><header role="banner"><a href="/" class="logo">{escape(news.site)}</a><form '
        'action="/search"><label>Search</label><input name="q"><button>Go</button></form>'
        f'<a href="/signin">Sign in</a> <a href="/subscribe">Subscribe for £1 a week</a></header><nav><ul>{links}</ul>'
        '</nav><div class="ad" id="leaderboard">Advertisement</div>'
    )


def _share() -> str:
    names = ["Facebook", "Twitter", "Messenger", "Email", "WhatsApp", "LinkedIn"]
    buttons = "".join(f'<li><a href="/share?to={n}"><span class="icon"></span>Share on {n}</a></li>' for n in names)
    return f'<div class="share-tools"><h2 class="visually-hidden">Share this with</h2><ul>{buttons}</ul></div>'


def _figure(number: int, credit: str = "Getty Images") -> str:
    captions = [
        "Emergency services and officials were still at the scene late in the evening",
        "The view from the street, photographed by a passer-by on a mobile phone",
        "A file picture of the building where the meeting is thought to have been held",
    ]
    return (
        f'<figure class="media-landscape"><span class="image"><img src="/img/{number}.jpg" alt="{captions[number % 3]}">'
        f'<span class="off-screen">Image copyright</span><span class="credit">{credit}</span></span>'
        f'<figcaption class="caption">{captions[number % 3]}</figcaption></figure>'
    )


def _newsletter() -> str:
    return (
        '<div class="newsletter-signup"><h3>Get our daily briefing</h3><p>Sign up to receive the stories that matter, '
        "direct to your inbox every weekday morning.</p><form><input type='email' placeholder='Your email'><button>Sign "
        "up</button></form><p class='small'>By signing up you agree to our terms and our privacy policy.</p></div>"
    )


def _comments() -> str:
    said = [
        "About time somebody wrote about this. I have been saying the same for years and nobody would listen.",
        "Does anyone actually believe what these people say any more? Complete waste of public money if you ask me.",
        "Well written and balanced article, thank you. More like this please and less about celebrities.",
    ]
    items = "".join(
        f'<li class="comment"><span class="user">reader{n}</span> <span class="ago">{n + 2} years ago</span>'
        f"<p>{each}</p><a>Reply</a> <a>Report</a> <span>{n * 7} likes</span></li>"
        for n, each in enumerate(said)
    )
    return f'<section id="comments" class="comments"><h2>Comments (3)</h2><ol>{items}</ol></section>'


def _footer(news: News) -> str:
    names = ["About us", "Contact us", "Terms of use", "Privacy policy", "Accessibility help", "Advertise with us"]
    links = "".join(f'<li><a href="/{n}">{name}</a></li>' for n, name in enumerate(names))
    return (
        f'<footer role="contentinfo"><ul>{links}</ul><p>Copyright © 2026 {escape(news.site)}. The {escape(news.site)} is '
        "not responsible for the content of external sites. Read about our approach to external linking. All rights "
        'reserved.</p></footer><script src="/static/app.9c1b.js" defer></script>'
    )


def _state(news: News) -> str:
    """The page's content once more, as the script that draws the page wants it."""
    state = {"article": {"headline": news.title, "body": list(news.paragraphs)}}
    return f"<script>window.__INITIAL_STATE__ = {_script(state)};</script><noscript><img src='/pixel.gif'></noscript>"


def _with(news: News, paragraph: str, between: dict[int, str]) -> str:
    """The paragraphs in their tag, with what a site puts between them after the paragraph of each number."""
    parts = []
    for number, text in enumerate(news.paragraphs):
        parts += [paragraph.format(escape(text)), between.get(number, "")]
    return "\n".join(parts)


def broadcaster(news: News) -> str:
    between = {
        0: _figure(1),
        2: f'<div class="ad">Advertisement</div><ul class="story-body__unordered-list">{_links(news, 3, 2)}</ul>',
        5: _figure(2, "Reuters"),
    }
    body = _with(news, "<p>{}</p>", between)
    return f"""<!DOCTYPE html><html lang="en-GB">{_head(news, f"{news.title} - {news.site}")}<body id="asset">{_nav(news)}
<div id="main" role="main"><div class="story-body"><h1 class="story-body__h1">{escape(news.title)}</h1>
<div class="story-body__mini-info-list-and-share"><ul class="mini-info-list"><li class="mini-info-list__item">
<div class="date date--v2">{_time(news, f"{news.published.day} {news.published:%B %Y}")}</div></li>
<li><a href="/news/uk" class="mini-info-list__section">UK</a></li></ul>{_share()}</div>
<div class="story-body__inner" property="articleBody">{body}</div></div>{_share()}
<div class="tags-container"><h2>Related Topics</h2><ul><li><a href="/t/1">Transport</a></li><li><a href="/t/2">Courts</a>
</li></ul></div><div class="story-more"><h2>More on this story</h2>
{_links(news, 0, 4, "<div class='unit'><a href='/news/{n}'><h3>{title}</h3></a><div class='date'>{date}</div></div>")}</div>
<aside class="column--secondary"><h2>Top Stories</h2>
{_links(news, 5, 5, "<a class='top-story' href='/news/{n}'><h3>{title}</h3><time datetime='{iso}'>{date}</time></a>")}
<h2>Features</h2>{_links(news, 11, 6, "<a href='/f/{n}'>{title}</a>")}
<h2>Most Read</h2><ol>{_links(news, 2, 10)}</ol></aside></div>{_footer(news)}{_state(news)}</body></html>"""


def broadsheet(news: News) -> str:
    rich = "<aside class='element element-rich-link'><p>Related: </p><a href='/{n}'>{title}</a><span>Read more</span></aside>"
    between = {1: _links(news, 7, 1, rich), 3: _newsletter(), 6: _figure(0, "PA")}
    shown = f"{news.published:%a} {news.published.day} {news.published:%b %Y %H.%M} GMT"
    later = news.published + timedelta(days=400)
    standfirst = f"<div class='content__standfirst'><p>{escape(news.description)}</p></div>" if news.description else ""
    authors = ", ".join(f"<a rel='author' href='/profile/x'>{escape(author)}</a>" for author in news.authors)
    return f"""<!DOCTYPE html><html lang="en">{_head(news, f"{news.title} | World news | {news.site}")}<body>{_nav(news)}
<article id="article" class="content content--article"><header class="content__head"><div class="content__labels">
<a href="/world">World news</a></div><h1 class="content__headline">{escape(news.title)}</h1>{standfirst}</header>
<div class="content__main"><div class="content__meta-container"><p class="byline">{authors}</p>
<p class="content__dateline">{_time(news, shown, 'itemprop="datePublished" class="content__dateline-wpd"')}
<span class="content__dateline-lm">Last modified on {later:%a} {later.day} {later:%b %Y %H.%M} GMT</span></p>{_share()}
<div class="commentcount">Comments 214</div></div>
<div class="content__article-body from-content-api">{_figure(1, "AFP")}{_with(news, "<p>{}</p>", between)}
<div class="after-article"><p>Support independent journalism. Our readers make our work possible, wherever they live and
whatever they can afford. <a href="/support">Contribute from as little as £1 – it only takes a minute.</a></p></div></div>
<div class="submeta"><h2>Topics</h2><ul><li><a href="/t">Transport</a></li><li><a>news</a></li></ul>{_share()}</div></div>
</article>{_comments()}<section class="fc-container"><h2>More on this story</h2>
{_links(news, 1, 6, "<div class='fc-item'><h3><a href='/{n}'>{title}</a></h3><div class='fc-item__standfirst'>What we know so far and what happens next</div><time datetime='{iso}'>{date}</time></div>")}
</section><section><h2>Most viewed</h2><ol>{_links(news, 4, 10)}</ol></section>{_footer(news)}{_state(news)}</body></html>"""


def cable(news: News) -> str:
    between = {
        1: "<div class='el__embedded--video'><div class='media__caption'>JUST WATCHED</div><h3>Video: the day in two "
        "minutes</h3><a>Replay</a><h4>MUST WATCH</h4><span>(15 Videos)</span></div>",
        4: f"<div class='zn-body__read-more-outbrain'><h4>Read more</h4><ul>{_links(news, 6, 3)}</ul></div>",
    }
    when = f"{news.published:%H%M} GMT ({(news.published + timedelta(hours=8)):%H%M} HKT) {news.published:%B} {news.published.day}, {news.published.year}"
    by = f"<span class='metadata__byline__author'>By {escape(', '.join(news.authors))}</span>" if news.authors else ""
    body = _with(news, '<div class="zn-body__paragraph">{}</div>', between)
    return f"""<!DOCTYPE html><html>{_head(news, f"{news.title} - {news.site}")}<body class="pg pg-leaf">{_nav(news)}
<article class="pg-rail-tall pg-rail--align-right"><h1 class="pg-headline">{escape(news.title)}</h1>
<div class="metadata"><p class="metadata__byline">{by}</p><p class="update-time">Updated {_time(news, when)}
<span id="js-pagetop_video_source"></span></p></div>{_share()}
<div class="l-container"><section id="body-text" class="zn zn-body-text zn-body--idx-0"><div class="l-container">
{_figure(2, "Photos: day in pictures")}<div class="el__storyhighlights"><h4>Story highlights</h4><ul><li>Officials give
details at a news conference</li><li>More is expected later in the week</li></ul></div>{body}</div></section></div></article>
<div class="OUTBRAIN"><h2>Paid Content</h2>{_links(news, 8, 4, "<a href='https://ads.example/{n}'><span>15 cars that will surprise you in 2026</span></a>")}
<h2>More from {escape(news.site)}</h2>{_links(news, 12, 6, "<a href='/{n}'><span class='ob-rec-text'>{title}</span></a>")}</div>
{_footer(news)}{_state(news)}</body></html>"""


def tabloid(news: News) -> str:
    share = "<div class='sharePanel'><span>Share this article</span><a>Share</a><b>1.4k shares</b></div>"
    between = {n: f"<p class='imageCaption'>Scene: {_captions(n)}</p>" for n in range(2, len(news.paragraphs), 5)}
    between[1] = share + f"<div class='related-carousel'><h3>RELATED ARTICLES</h3><ul>{_links(news, 0, 3)}</ul></div>"
    shown = f"{news.published:%H:%M} GMT, {news.published.day} {news.published:%B %Y}"
    later = news.published + timedelta(hours=9)
    by = " and ".join(f"<a class='author' rel='nofollow'>{escape(author)}</a>" for author in news.authors)
    item = "<li><a href='/femail/{n}'><img src='/i/{n}.jpg' alt=''><strong>{title}</strong> The star looked relaxed as "
    item += "she stepped out for coffee with friends</a></li>"
    return f"""<!DOCTYPE html><html lang="en">{_head(news, f"{news.title} | {news.site}")}<body>{_nav(news)}<div id="content">
<div class="alpha"><div id="js-article-text"><h2>{escape(news.title)}</h2>
<ul class="mol-bullets-with-font"><li><strong>Witnesses spoke of confusion in the first minutes</strong></li><li><strong>The
authorities are to publish a report in the coming months</strong></li></ul>
<p class="author-section byline-plain">By {by} For {escape(news.site)}</p><p class="byline-section">
<span class="article-timestamp-published"><span>Published:</span> {_time(news, shown)}</span> |
<span class="article-timestamp-updated"><span>Updated:</span> {later:%H:%M} GMT, {later.day} {later:%B %Y}</span></p>{share}
<div itemprop="articleBody">{_figure(0, "PA")}{_with(news, '<p class="mol-para-with-font">{}</p>', between)}</div></div>
{share}<div id="reader-comments"><h3>Share or comment on this article:</h3>{_comments()}</div></div>
<div class="beta"><div class="femail"><h3>DON'T MISS</h3><ul>{_links(news, 3, 18, item)}</ul></div></div></div>
{_footer(news)}</body></html>"""


def _captions(number: int) -> str:
    return ["Flowers were laid near the cordon", "Officers stood guard outside", "Forensic staff were seen at work"][
        number % 3
    ]


def local_paper(news: News) -> str:
    between = {2: '<div class="code-block"><ins class="adsbygoogle"></ins></div>', 4: _newsletter()}
    shown = f"{news.published:%B} {news.published.day}, {news.published.year}"
    item = "<div class='jp-relatedposts-post'><h4><a href='/{n}'>{title}</a></h4><time datetime='{iso}'>{date}</time><p>In \"News\"</p></div>"
    author = escape(news.authors[0]) if news.authors else "Staff"
    return f"""<!DOCTYPE html><html lang="en-US">{_head(news, f"{news.title} – {news.site}", '<meta name="generator" content="WordPress 4.9.8">')}
<body class="post-template-default single single-post">{_nav(news)}<div id="content" class="site-content"><main>
<article class="post type-post hentry category-news"><header class="entry-header"><h1 class="entry-title">{escape(news.title)}
</h1><div class="entry-meta"><span class="posted-on">Posted on {_time(news, shown, 'class="entry-date published"')}</span>
<span class="byline"> by <a class="url fn n" href="/author">{author}</a></span>
<span class="comments-link"><a>Leave a comment</a></span></div></header>
<div class="entry-content">{_figure(1)}{_with(news, "<p>{}</p>", between)}
<div class="sharedaddy sd-sharing-enabled"><h3 class="sd-title">Share this:</h3>{_share()}</div>
<div id="jp-relatedposts" class="jp-relatedposts"><h3>Related</h3>{_links(news, 0, 3, item)}</div></div>
<footer class="entry-footer"><span class="cat-links">Posted in <a>News</a></span><span class="tags-links">Tagged <a>crash</a>,
<a>politics</a></span></footer></article><nav class="post-navigation"><a rel="prev">Previous post</a></nav>
<div class="author-info"><h2>About the author</h2><p>{author} has covered the county for more than ten years and lives in town
with two dogs.</p></div>{_comments()}</main><aside id="secondary" class="widget-area"><h2>Recent Posts</h2><ul>
{_links(news, 5, 8, "<li><a href='/{n}'>{title}</a> <span class='post-date'>{date}</span></li>")}</ul>
<h2>Archives</h2><ul><li>March 2026</li><li>February 2026</li></ul></aside></div>{_footer(news)}</body></html>"""


def old_site(news: News) -> str:
    """No class names that say anything, a table for the columns, today's date on top."""
    shown = f"{news.published:%b} {news.published.day}, {news.published.year}, {news.published:%I:%M %p} ET"
    by = f"<b>By {escape(', '.join(news.authors))}</b><br>" if news.authors else ""
    body = _with(news, "<p>{}", {3: "<table align=right width=300><tr><td>ADVERTISEMENT</td></tr></table>"})
    return f"""<html>{_head(news, f"{news.title} - {news.site}")}<body bgcolor=white>
<table width=980><tr><td colspan=3><a href="/">{escape(news.site)}</a> &nbsp; Sunday, November 22, 2026 &nbsp; 54&deg;F</td></tr>
<tr><td width=150 valign=top><a href=/>Home</a><br><a href=/local>Local</a><br><a href=/nation>Nation</a><br><a
href=/weather>Weather</a><br><a href=/obits>Obituaries</a><br>{_links(news, 2, 5, "<a href=/{n}>{title}</a><br>")}</td>
<td valign=top><font size=+2><b>{escape(news.title)}</b></font><br>{by}<i>{_time(news, shown)}</i><br>
<a href="javascript:print()">Print</a> | <a href="/mail">E-mail this story</a> | Text size: <a>A</a> <a>A</a>
{body}<p><a href="/top">Back to top</a></td>
<td width=200 valign=top><b>Most popular</b><ol>{_links(news, 6, 10)}</ol></td></tr></table>
<center><small>&copy; 2026 {escape(news.site)}. All rights reserved. This material may not be published, broadcast, rewritten
or redistributed.</small></center></body></html>"""


def agency(news: News) -> str:
    """Class names that mean nothing, everything in divs, as the frameworks of today make it."""
    shown = f"{news.published:%B} {news.published.day}, {news.published.year}</span><span>{news.published:%I:%M %p} UTC"
    parts = []
    for number, text in enumerate(news.paragraphs):
        parts.append(
            f'<div class="css-{7 * number:x}1 eq{number}" data-testid="paragraph-{number}">{escape(text)}</div>'
        )
        if number % 6 == 2:
            parts.append(
                '<div class="css-ad0" data-testid="Advertisement"><span>Advertisement · Scroll to continue</span></div>'
            )
    by = "".join(f"<a class='css-b1' href='/a'>{escape(author)}</a>" for author in news.authors)
    item = "<li class='css-r9'><a href='/{n}'><h3>{title}</h3></a><p>Analysts say that the coming weeks will decide it</p><time datetime='{iso}'>{date}</time></li>"
    return f"""<!DOCTYPE html><html lang="en">{_head(news, f"{news.title} | {news.site}")}<body><div id="app-root">{_nav(news)}
<div class="css-1x"><div class="css-2y"><div class="css-h0"><nav><a href="/world">World</a></nav><h1 class="css-t7">{escape(news.title)}</h1>
<div class="css-m1"><div>By {by}</div><div class="css-d4">{_time(news, f"<span>{shown}</span>")}<span>Updated 8 years ago</span></div>
<button>Text size</button><button>Share</button></div></div><div class="css-f1">{_figure(2, "REUTERS/Staff")}<button>Purchase
Licensing Rights</button></div><div class="css-9k">{"".join(parts)}<p class="css-s3">Our Standards: <a href="/trust">The Trust
Principles.</a></p><button>Purchase Licensing Rights</button></div></div><div class="css-3z"><h2>Read Next</h2><ul>
{_links(news, 0, 6, item)}</ul></div></div><section class="css-nl">{_newsletter()}</section>{_footer(news)}</div>{_state(news)}</body></html>"""


def line_breaks(news: News) -> str:
    """The text in one block, its paragraphs parted by line breaks; unquoted attributes, tags left open."""
    body = "<br><br>\n".join(escape(text) for text in news.paragraphs)
    shown = f"{news.published.day} {news.published:%b, %Y %H:%M}"
    summary = f"<div class=article__summary>{escape(news.description)}</div>" if news.description else ""
    return f"""<!DOCTYPE html><html>{_head(news, f"{news.title} — {news.site}")}<body>{_nav(news)}
<div class=layout><div class=layout__content><div class=breadcrumbs><a href=/>Home</a> / <a href=/news>News</a> /</div>
<div class=article><h1 class=article__heading>{escape(news.title)}</h1><div class=article__date>
<span class="date date_article-header">Published time: {_time(news, shown)}</span>
<a class=article__short-url>Get short URL</a></div>{_figure(0, "Global Look Press")}{summary}{_share()}
<div class=article__text>{body}<br><br><div class=read-more><strong>READ MORE: </strong>{_links(news, 9, 1, "<a href=/{n}>{title}</a>")}
</div></div><div class=tags><a>Accident</a> <a>Politics</a></div></div>
<div class=card-list><h3>You may like</h3>{_links(news, 3, 6, "<div class=card><a href=/{n}>{title}</a><span class=date>{date}</span></div>")}
</div></div><div class=layout__aside><h3>Today's top stories</h3>{_links(news, 10, 8, "<div><a href=/{n}>{title}</a></div>")}
{_comments()}</div></div>{_footer(news)}</body></html>"""


LAYOUTS: list[Callable[[News], str]] = [
    broadcaster,
    broadsheet,
    cable,
    tabloid,
    local_paper,
    old_site,
    agency,
    line_breaks,
]
