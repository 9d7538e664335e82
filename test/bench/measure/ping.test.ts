import { expect, it } from 'vitest'
import { roundTripsOf } from '../../../bench/measure/ping.js'

it('reads the times of answers, and nothing else', () => {
  const lines = [
    'PING 10.0.0.2 (10.0.0.2) 56(84) bytes of data.',
    '64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.254 ms',
    'From 10.0.0.1 icmp_seq=2 Destination Host Unreachable',
    '64 bytes from 10.0.0.2: icmp_seq=3 ttl=64 time=12 ms',
    'rtt min/avg/max/mdev = 0.254/6.127/12.000/5.873 ms',
  ]
  expect(roundTripsOf(lines)).toEqual([0.254, 12])
})
