-- A library as format 1 made it: what a person has on the disk who used the first version of the program.
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE articles (
    id TEXT PRIMARY KEY, key TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, content_hash TEXT NOT NULL,
    title TEXT, outlet TEXT, origin TEXT, published TEXT, url TEXT, path TEXT, authors TEXT NOT NULL, language TEXT,
    text TEXT NOT NULL, ingested_at TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX articles_by_path ON articles (path);
CREATE TABLE versions (
    article_id TEXT NOT NULL, version INTEGER NOT NULL, content_hash TEXT NOT NULL, title TEXT, published TEXT,
    text TEXT NOT NULL, ingested_at TEXT NOT NULL, replaced_at TEXT NOT NULL,
    PRIMARY KEY (article_id, version)) WITHOUT ROWID;
CREATE TABLE sentences (
    article_id TEXT NOT NULL, position INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    PRIMARY KEY (article_id, position)) WITHOUT ROWID;
CREATE TABLE passages (
    id TEXT PRIMARY KEY, article_id TEXT NOT NULL, position INTEGER NOT NULL, start INTEGER NOT NULL,
    "end" INTEGER NOT NULL, vector TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX passages_by_article ON passages (article_id, position);
CREATE INDEX passages_by_vector ON passages (vector);
-- Keyed by the hash of what was embedded: a text is embedded once, whatever article repeats it.
CREATE TABLE vectors (hash TEXT PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE outbox (sequence INTEGER PRIMARY KEY AUTOINCREMENT, article_id TEXT NOT NULL);
INSERT INTO meta VALUES ('model', 'MODEL');
INSERT INTO meta VALUES ('model_name', 'word-count');
INSERT INTO articles VALUES ('ferry', 'url:linnet.example/1', 1, 'f6a0', 'Ferry', 'Linnet Herald', NULL, '2031-03-11', 'https://linnet.example/1', '/articles/ferry.json', '["Ada Quill"]', 'en', 'The ferry left Port Linnet at noon, said the harbour master. It came back.', '2031-03-12T08:00:00+00:00');
INSERT INTO articles VALUES ('tram', 'text:1', 2, 'a771', NULL, NULL, NULL, NULL, NULL, '/articles/tram.txt', '[]', NULL, 'A tram came.', '2031-03-13T08:00:00+00:00');
INSERT INTO versions VALUES ('tram', 1, 'b0b0', NULL, NULL, 'A tram left.', '2031-03-12T08:00:00+00:00', '2031-03-13T08:00:00+00:00');
INSERT INTO sentences VALUES ('ferry', 0, 0, 60);
INSERT INTO sentences VALUES ('ferry', 1, 61, 74);
INSERT INTO sentences VALUES ('tram', 0, 0, 12);
INSERT INTO passages VALUES ('ferry-1-0', 'ferry', 0, 0, 74, 'h1');
INSERT INTO vectors VALUES ('h1', x'9a99193fcdcc4c3f');
PRAGMA user_version = 1;
