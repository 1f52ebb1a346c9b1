"""The dashboards' server: Voila, with a kernel for each open page. What serves is in ``quadviz.server.app``."""
