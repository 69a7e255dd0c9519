"""The commands of the terminal, one module each; `app` puts them together and turns every error into a message with
its remedy and its exit code. Results go to standard output, everything that is said on the way to standard error."""
