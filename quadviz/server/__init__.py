"""The dashboards' server: Voila, with a kernel for each open page. :mod:`quadviz.server.app` serves."""
