import { WIRE } from '../../../lab/namespaces.js'
import { START_BUS, START_RESOLVED, until } from '../../support/e2e/debian/services.js'
import type { HostState } from './host-states.js'

/** What those who keep name servers were told, with nothing of when. */
const RECORDS =
  'find /run/resolvconf -type f ! -name \'*lock\' | sort | while read -r file; do echo "$file"; cat "$file"; done'
/** As systemd starts it; without a writable /sys it does not wait for udev. */
const START_NETWORKD = `
  mkdir -p /run/systemd/network
  cat > /run/systemd/network/10-${WIRE}.network <<'NETWORK'
[Match]
Name=${WIRE}
[Network]
Gateway=10.9.0.2
Gateway=fd09::2
KeepConfiguration=static
IPv6AcceptRA=no
LinkLocalAddressing=no
NETWORK
  mount -o remount,bind,ro /sys
  ${START_BUS}
  /lib/systemd/systemd-networkd > /run/networkd.log 2>&1 &
  ${until('networkctl --no-pager > /dev/null 2>&1')}
  ip route flush default
  ip -6 route flush default`
const RECONFIGURE = `
  networkctl --no-pager reconfigure ${WIRE}
  ${until("networkctl --no-pager list | grep -q 'wire .* configured'")}
  ${until('ip -6 route show default | grep -q static')}`

/** Programs that run on hosts, each that of Debian. */
export const PROGRAM_STATES: readonly HostState[] = [
  {
    name: 'openresolv',
    packages: ['openresolv'],
    lay: 'true',
    look: RECORDS,
    asks: 'cat /etc/resolv.conf',
  },
  {
    name: "Debian's resolvconf",
    packages: ['resolvconf'],
    // As its postinst does; the machine's own programs are not told.
    lay: `
      rm -f /etc/resolvconf/update.d/unbound
      systemd-tmpfiles --create resolvconf.conf
      resolvconf -a original.resolvconf < /etc/resolv.conf
      ln -nsf ../run/resolvconf/resolv.conf /etc/resolv.conf
      resolvconf -u`,
    look: RECORDS,
    asks: 'cat /etc/resolv.conf',
  },
  {
    name: 'systemd-resolved',
    packages: ['systemd-resolved'],
    lay: START_RESOLVED,
    look: 'resolvectl dns; resolvectl domain; resolvectl default-route',
    asks: 'resolvectl dns "$1"',
  },
  {
    name: 'systemd-networkd, which flushes rules that it did not make',
    packages: [],
    lay: `${START_NETWORKD}\n${RECONFIGURE}`,
    meanwhile: {
      does: RECONFIGURE,
      breaks: 'full tunnels',
      why: 'nothing adds its rules again, so that packets leave in the clear; ours are back at once',
    },
  },
  {
    name: 'an administrator who deletes the device of a tunnel that is up',
    lay: 'true',
    meanwhile: {
      does: 'ip link delete "$1"',
      endsOurs: /the interface was removed/,
      breaks: 'all',
      why: 'wg-quick down knows no such tunnel any more, and its rules stay; ours ends and restores the host',
      mend: `
        for family in -4 -6; do
          for priority in $(ip $family rule | sed -n 's/^\\([0-9]*\\):.*\\(51820\\|suppress_prefixlength\\).*/\\1/p'); do
            ip $family rule delete priority "$priority"
          done
        done
        nft list tables | grep wg-quick | while read -r table; do nft delete $table; done
        for program in iptables ip6tables; do $program -F; $program -t nat -F; done`,
    },
  },
]
