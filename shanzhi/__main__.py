"""`python -m shanzhi`: the same as the command `shanzhi`."""

from shanzhi.cli.app import main

if __name__ == "__main__":
    main()
