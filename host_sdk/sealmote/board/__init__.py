"""A board on this desk, simulated or real: its image, its port, and what is asked of it over its REPL.

build an image        chips, esp_image, base_image, download, sources, mpy, filesystem, image
write it to files     formats, sbom, output
find boards           ports, repl, question, survey
flash them            worker (a process for each board), loader, standing, backup, jobs, flashing, ledger
make a board yours    provision: its key, its consent to be registered, its configuration
"""
