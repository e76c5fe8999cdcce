from dav2.cli import main

main()
