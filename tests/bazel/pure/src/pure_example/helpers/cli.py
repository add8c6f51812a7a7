"""The command."""


def main():
    print("pure example")
