# once.sh DIRECTORY [OFFENCE] - a program that makes, moves and removes files in DIRECTORY, and ends. When there is a
# file `offend`, which there never is while it is observed, it tries OFFENCE, too, and `offence` tells how that went.
set -e
cd "$1"
if [ -e offend ]; then
    # No process more than it has while it is observed: that would be an offence of its own.
    if eval "${2:-echo written >/var/lib/kinds-outside/written}" 2>/dev/null; then
        echo worked >offence
    else
        echo refused >offence
    fi
fi
echo new >new
ln -s nowhere link
rm link
mv new state   # the last: who waits for it finds all of the above done
