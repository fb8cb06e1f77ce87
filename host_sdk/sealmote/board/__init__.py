"""Real boards: images, serial ports, flashing, recovery, and calls of the firmware over the REPL.

images      build an image: base image, compiled firmware, littlefs; formats, artifacts, SBOM
port        find and open ports; REPL, sessions, probe, serial monitor
flash       write images: worker process, device state, overwrite check, backup, journal
recovery    repair filesystems: littlefs metadata, salvage
discovery   what is plugged in
provision   the firmware's provisioning calls: key, consent, configuration
refusals    the acknowledgements by which a gateway refused messages
"""
