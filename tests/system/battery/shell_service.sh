# shell_service.sh DIRECTORY - a service of shell commands: what a script does that rotates a file.
cd "$1" || exit 2
while sleep 0.2; do
    if echo new >new && mv new old && test "$(cat old)" = new && rm old; then echo ok; else echo "error: $?"; fi
done
