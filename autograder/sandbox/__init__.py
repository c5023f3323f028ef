"""The sandbox: untrusted code in a freshly forked, confined process."""
