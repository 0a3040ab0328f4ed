#!/bin/sh
# Ends the processes of npm start if it ends without ending them, be it by SIGKILL. It is told of them on stdin, which the
# kernel closes with its writer: "started PID" and "ended PID". Each of them leads a process group of its own. The youngest
# goes first and has a moment for itself: it needs those that were there before.
#
# It runs under the lock of the demo, so that no other npm start begins on the same state directory before the last of them
# has gone.

trap '' HUP INT QUIT TERM PIPE
LC_ALL=C

pids=' '
echo ready
while read -r verb pid; do
  case $verb in
    started) pids=" $pid$pids" ;;
    ended)
      case $pids in
        *" $pid "*) pids="${pids%%" $pid "*} ${pids#*" $pid "}" ;;
      esac
      ;;
  esac
done

living() { # PID: one that has ended and waits to be reaped, as long as that may take, is none
  kill -0 "$1" 2>/dev/null || return 1
  read -r _ _ state _ 2>/dev/null <"/proc/$1/stat" || return 0
  [ "$state" != Z ]
}

end() { # TENTHS PID …: asks them to end, and waits for it so long
  tenths=$1
  shift
  for pid; do kill -TERM "$pid" 2>/dev/null; done
  for pid; do
    while living "$pid" && [ "$tenths" -gt 0 ]; do
      tenths=$((tenths - 1))
      sleep 0.1
    done
  done
}

set -- $pids
[ $# -gt 0 ] || exit 0
end 20 "$1"
end 30 "$@"
for pid; do kill -KILL -- "-$pid" 2>/dev/null; done
exit 0
