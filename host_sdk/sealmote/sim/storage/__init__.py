"""The flash of a simulated board on the host: its file, partitions, filesystems, firmware and trace."""
