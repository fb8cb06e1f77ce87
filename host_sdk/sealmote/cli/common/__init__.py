"""What several subcommands share: options, arguments, output."""
