"""Who says what about one thing, outlet by outlet: claims, quotes, origins, time. No model is needed for any of it."""
