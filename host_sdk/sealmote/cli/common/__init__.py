"""Options, arguments and output that several subcommands share."""
