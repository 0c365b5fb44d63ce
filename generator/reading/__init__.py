"""The ports that read: files, stdin, a cluster, the settings file, engines. What is read is judged elsewhere."""
