"""Read files, stdin, a cluster, the settings file and engines. Other packages judge the result."""
