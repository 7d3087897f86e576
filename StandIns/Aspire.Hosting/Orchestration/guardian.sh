# Outlives the AppHost by a moment. It reads "+ PID" and "- PID" for each process that starts and ends; when its input
# ends, the AppHost is gone (however it died), and every process still listed is ended with its whole group.
trap '' INT TERM HUP
exec >/dev/null 2>&1
running=''

while read -r what pid; do
  case $what in
    +) running="$running $pid" ;;
    -) rest=''; for p in $running; do [ "$p" = "$pid" ] || rest="$rest $p"; done; running=$rest ;;
  esac
done

signal() { for p in $running; do kill "-$1" "-$p" || kill "-$1" "$p"; done; }
alive() { for p in $running; do kill -0 "-$p" && return 0; done; return 1; }

signal TERM
tries=30
while [ $tries -gt 0 ] && alive; do sleep 0.1; tries=$((tries - 1)); done
signal KILL
