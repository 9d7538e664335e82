import { LOGIN_PORTS } from '../../core/settings/login.js'

/** A folder that every Linux has and in which no browser expects anything: the namespace has memory of its own there. */
const FOLDER = '/dev/shm'
/** Bytes that a profile, its cache, and what the browser shares between its processes may take. */
const MEMORY = 1024 * 1024 * 1024
/** Folders of services that look up names for programs by a local socket: they would ask through the tunnel. */
const RESOLVERS = ['/run/systemd/resolve', '/run/nscd']

/** The home of the user in the namespace: empty, and gone with it. */
export const LOGIN_HOME = `${FOLDER}/home`

/** A local route is not enough to listen at an IPv6 address, as it is for IPv4. ip-sysctl.rst of the kernel */
const IPV6_HERE = `ip -6 route add local ::/0 dev lo
echo 1 > /proc/sys/net/ipv6/ip_nonlocal_bind`

/** What the script is given. */
export interface LoginScriptParts {
  /** Seconds after which the kernel lets nothing pass. */
  readonly seconds: number
  /** Whether IPv6 leads anywhere. */
  readonly ipv6: boolean
  /** The text of resolv.conf(5). */
  readonly resolvConf: string
  readonly uid: number
  readonly gid: number
}

/**
 * What the first process of a login does, as root in network, mount and process namespaces of its own, which go with it: all
 * addresses become local, so that what listens in the namespace for web pages and names is asked in place of their hosts; nothing
 * else is there to be reached. The kernel forgets the ports by itself once the time is up, whatever becomes of this program.
 * Descriptor 3 is told `ready`, and answers with a line once something listens; its end, by a kill, too, ends all of it.
 */
export function loginScript({ gid, ipv6, resolvConf, seconds, uid }: LoginScriptParts): string {
  const ports = [...LOGIN_PORTS, 53].map((port) => `tcp . ${port}`)
  const elements = [...ports, 'udp . 53'].map((element) => `${element} timeout ${seconds}s`)
  return `set -eu
umask 022
ip link set lo up
ip link add page type dummy 2>/dev/null && ip address add 192.0.2.1/32 dev page && ip link set page up || :
ip route add local 0.0.0.0/0 dev lo
${ipv6 ? IPV6_HERE : ':'}
nft -f - <<'RULES'
table inet qanat-login {
 set open {
  type inet_proto . inet_service
  flags timeout
  elements = { ${elements.join(', ')} }
 }
 chain output {
  type filter hook output priority 0; policy drop
  meta l4proto . th dport @open accept
  meta l4proto . th sport @open accept
  tcp flags rst accept
  icmp type destination-unreachable accept
  icmpv6 type destination-unreachable accept
  meta l4proto tcp reject with tcp reset
  reject
 }
}
RULES
mount -t tmpfs -o nosuid,nodev,mode=1777,size=${MEMORY} qanat-login ${FOLDER}
mkdir -m 700 ${LOGIN_HOME}
chown ${uid}:${gid} ${LOGIN_HOME}
cat > ${FOLDER}/resolv.conf <<'NAMES'
${resolvConf}NAMES
for folder in ${RESOLVERS.join(' ')}; do
 [ ! -d "$folder" ] || mount -t tmpfs -o nosuid,nodev,mode=755 qanat-login "$folder"
done
file=$(readlink -f /etc/resolv.conf)
case $file in ${RESOLVERS.map((folder) => `${folder}/*`).join(' | ')}) : > "$file" ;; esac
mount --bind ${FOLDER}/resolv.conf "$file"
echo ready >&3
read -r _ <&3
"$@" 3>&- >&2 </dev/null &
browser=$!
{ read -r _ <&3 || kill -KILL -1; } &
code=0
wait "$browser" || code=$?
exit "$code"
`
}
