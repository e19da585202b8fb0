"""`python -m zsbench`."""

from zsbench.cli.app import main

if __name__ == "__main__":
    main()
