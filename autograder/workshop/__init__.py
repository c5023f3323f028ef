"""A room of learners: JupyterHub, a private server each, and nbgrader's exchange between them."""
