"""One module a subcommand: ``add_arguments(parser)`` declares its options, ``execute(arguments)`` does it."""
