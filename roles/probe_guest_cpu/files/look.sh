# look.sh: which bc there is (that of busybox, say, is another program and no measure), and what processors there are.
said=$(bc --version 2>&1 </dev/null | head -n 3)
case $said in *"Free Software Foundation"*) gnu=true ;; *) gnu=false ;; esac
bc=$(echo "$said" | head -n 1 | tr -d '"\\')
model=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1 | tr -d '"\\')
vcpus=$(nproc 2>/dev/null || grep -c '^processor' /proc/cpuinfo)
printf '{"bc": "%s", "gnu": %s, "vcpus": %d, "model": "%s"}\n' "$bc" "$gnu" "$vcpus" "$model"
