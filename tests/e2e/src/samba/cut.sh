#!/bin/sh
# Stands in the way of `smbclient` and `smbcacls`: counts the writes in the file $CUT_COUNT and
# ends the publisher at number $CUT_AT. An upload is cut in the middle: half of the file arrives;
# any other write is done, and the publisher never learns of it. The signal is $CUT_SIGNAL.
program=/usr/bin/$(basename "$0")
case "$*" in
*'put - "'* | *'rename "'* | *'mkdir "'* | *'del "'* | *'deltree "'* | *' --sddl -S '*) ;;
*) exec "$program" "$@" ;;
esac
count=$(($(cat "$CUT_COUNT") + 1))
echo "$count" > "$CUT_COUNT"
[ "$count" -eq "$CUT_AT" ] || exec "$program" "$@"
case "$*" in
*'put - "'*)
    file=$CUT_COUNT.upload
    cat > "$file"
    truncate -s "$(($(stat -c %s "$file") / 2))" "$file"
    exec < "$file"
    ;;
esac
"$program" "$@" > /dev/null 2>&1
kill -"$CUT_SIGNAL" "$PPID"
