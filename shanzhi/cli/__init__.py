"""The commands of the terminal, one module each; `app` puts them together and turns each error into a message
with remedy and exit code. Results go to standard output, what is said on the way to standard error."""
