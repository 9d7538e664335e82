import { WIRE } from '../../../lab/namespaces.js'
import { OUTER } from '../../support/e2e/labs/full-tunnel-lab.js'
import { PROGRAM_STATES } from './program-states.js'

/** What a host has before a tunnel starts. */
export interface HostState {
  readonly name: string
  /** Commands of a shell on the host. */
  readonly lay: string
  /** Packages of Debian's that it has installed beside those of the machine; undefined if it has the machine's own mounts. */
  readonly packages?: readonly string[]
  /** A command that tells what else a tunnel may change. */
  readonly look?: string
  /** A command that tells whom the host asks for names, which is no longer a matter of /etc/resolv.conf alone. */
  readonly asks?: string
  /** What happens while a tunnel is up. */
  readonly meanwhile?: Meanwhile
  /** Why nothing gets through a full tunnel of wg-quick's here. */
  readonly dropsWgQuick?: string
  /** Ends what would outlive the host. */
  readonly end?: string
}

/** Something that happens to a host while a tunnel is up. */
export interface Meanwhile {
  /** Commands of a shell, to which $1 is the tunnel's device. */
  readonly does: string
  /** What Qanat says as it ends for it; undefined if it goes on as if nothing had happened. */
  readonly endsOurs?: RegExp
  /** Of wg-quick's tunnels, those that lead nothing any more, and why. */
  readonly breaks: 'full tunnels' | 'all'
  readonly why: string
  /** Removes what wg-quick then leaves; undefined if it leaves nothing. */
  readonly mend?: string
}

/** The next hops of the default routes. */
const VIA4 = '10.9.0.2'
const VIA6 = 'fd09::2'

const routes: readonly HostState[] = [
  { name: 'nothing of its own', lay: 'true' },
  {
    name: "NetworkManager's metrics on Ethernet",
    lay: `
      ip route replace default via ${VIA4} dev ${WIRE} proto dhcp metric 100
      ip route delete default via ${VIA4} dev ${WIRE} metric 0
      ip address change 10.9.0.1/24 dev ${WIRE} metric 100`,
  },
  {
    name: 'Wi-Fi and Ethernet in one network',
    lay: `
      ip link add wifi type veth peer name point
      ip link set point addrgenmode none
      ip link set point up
      ip link set wifi addrgenmode none
      ip link set wifi up
      ip address add 10.9.0.9/24 dev wifi metric 600
      ip route add default via ${VIA4} dev ${WIRE} metric 600`,
  },
  {
    name: 'a default route without a next hop, as over PPP',
    lay: `
      ip route add ${VIA4} dev ${WIRE} metric 5
      ip route add ${OUTER} via ${VIA4} metric 5
      ip route replace default dev ${WIRE}`,
  },
  {
    name: 'a default route over several next hops',
    lay: `ip route replace default nexthop via ${VIA4} weight 1 nexthop via ${VIA4} dev ${WIRE} weight 2`,
  },
  {
    name: 'next hops that are objects',
    lay: `
      ip nexthop add id 7 via ${VIA4} dev ${WIRE}
      ip route add 192.0.2.0/24 nhid 7`,
  },
  {
    name: "an administrator's static routes",
    lay: `
      ip route add 172.20.0.0/16 via ${VIA4}
      ip route add 192.0.2.0/24 via ${VIA4} metric 700
      ip -6 route add 2001:db8:5::/48 via ${VIA6}`,
  },
  {
    name: 'routes that refuse',
    lay: `
      ip route add unreachable default metric 4278198272
      ip route add blackhole 203.0.113.0/24`,
  },
  {
    name: 'rules by source, as of a host with two uplinks',
    lay: `
      ip route add default via ${VIA4} table 100
      ip rule add from 10.9.0.1 lookup 100 priority 1000`,
  },
  {
    name: "Tailscale's rules",
    lay: `
      ip rule add fwmark 0x80000/0xff0000 lookup main priority 5210
      ip rule add fwmark 0x80000/0xff0000 lookup default priority 5230
      ip rule add fwmark 0x80000/0xff0000 unreachable priority 5250
      ip rule add lookup 52 priority 5270
      ip link add tailscale0 type bridge
      ip link set tailscale0 addrgenmode none
      ip link set tailscale0 up
      ip address add 100.100.1.2/32 dev tailscale0
      ip route add 100.100.100.100 dev tailscale0 table 52`,
  },
  {
    name: 'a tunnel of wireguard-go',
    lay: `
      other=other$$
      wireguard-go $other
      ip address add 10.6.0.2/24 dev $other
      ip link set $other up
      ip route add 10.7.0.0/16 dev $other`,
    // It removes its socket, which all network namespaces see.
    end: 'for other in $(ls /sys/class/net | grep ^other); do ip link delete $other; done',
  },
  {
    name: 'a bridge of virtual machines',
    lay: `
      ip link add virbr0 type bridge
      ip link set virbr0 addrgenmode none
      ip link set virbr0 up
      ip address add 192.168.122.1/24 dev virbr0`,
  },
]

const sysctls: readonly HostState[] = [
  {
    name: 'strict filtering of sources',
    lay: `sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.${WIRE}.rp_filter=1`,
  },
  {
    name: 'forwarding, as a router',
    lay: 'sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1',
  },
]

/** Recorded on hosts that had these programs, shortened to the chains that packets of a tunnel pass. */
const filters: readonly HostState[] = [
  {
    name: "Docker's bridge and rules",
    lay: `
      ip link add docker0 type bridge
      ip link set docker0 addrgenmode none
      ip link set docker0 up
      ip address add 172.17.0.1/16 dev docker0
      iptables-restore -w <<'RULES'
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o docker0 -j DOCKER
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
-A DOCKER-USER -j RETURN
COMMIT
RULES`,
  },
  {
    name: "kube-proxy's marks",
    dropsWgQuick: '51820, its mark, has the bit 0x8000 of packets that kube-proxy drops; ours avoids it',
    lay: `
      iptables-restore -w <<'RULES'
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-POSTROUTING - [0:0]
-A POSTROUTING -j KUBE-POSTROUTING
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -j MASQUERADE --random-fully
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-FIREWALL - [0:0]
-A INPUT -j KUBE-FIREWALL
-A OUTPUT -j KUBE-FIREWALL
-A KUBE-FIREWALL -m mark --mark 0x8000/0x8000 -j DROP
COMMIT
RULES`,
  },
  {
    name: "ufw's rules",
    lay: `
      iptables-restore -w <<'RULES'
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:ufw-before-input - [0:0]
-A INPUT -j ufw-before-input
-A ufw-before-input -i lo -j ACCEPT
-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw-before-input -m conntrack --ctstate INVALID -j DROP
-A ufw-before-input -p icmp -m icmp --icmp-type 8 -j ACCEPT
COMMIT
RULES
      ip6tables-restore -w <<'RULES'
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m rt --rt-type 0 -j DROP
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p ipv6-icmp -j ACCEPT
COMMIT
RULES`,
  },
  {
    name: "firewalld's table",
    lay: `
      nft -f - <<'RULES'
table inet firewalld {
  chain mangle_PREROUTING {
    type filter hook prerouting priority mangle + 10; policy accept;
  }
  chain filter_PREROUTING {
    type filter hook prerouting priority filter + 10; policy accept;
    icmpv6 type { nd-router-advert, nd-neighbor-solicit } accept
    meta nfproto ipv6 fib saddr . mark . iif oif missing drop
  }
  chain filter_INPUT {
    type filter hook input priority filter + 10; policy accept;
    ct state { established, related } accept
    ct status dnat accept
    iifname "lo" accept
    ct state invalid drop
    meta l4proto { icmp, ipv6-icmp } accept
    reject with icmpx admin-prohibited
  }
}
RULES`,
  },
]

/** What the hosts of a table have, one each. */
export const HOST_STATES: readonly HostState[] = [...routes, ...sysctls, ...filters, ...PROGRAM_STATES]
