// Runs in a namespace of its own: writes each frame of stdin's JSON, a virtio header and a packet in hex,
// to one TUN device, lets the kernel forward it to another, and prints what comes out there per frame. With
// `offload` the second device has virtio headers too.
import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs'
import koffi from 'koffi'

const TUNSETIFF = 0x400454ca
const TUNSETOFFLOAD = 0x400454d0
const TUN_NO_PI = 0x1001
const VNET_HDR = 0x4000
/** Checksums, TSO for both families and with ECN, USO for both families. */
const OFFLOADS = 1 | 2 | 4 | 8 | 0x20 | 0x40

const VIRTIO_HEADER = 10
const offload = process.argv[2] === 'offload'

const libc = koffi.load('libc.so.6')
const ioctl = libc.func('int ioctl(int, unsigned long, void*)')
const ioctlNumber = libc.func('int ioctl(int, unsigned long, uintptr_t)')

function open(name, flags) {
  const fd = openSync('/dev/net/tun', constants.O_RDWR | constants.O_NONBLOCK)
  const request = Buffer.alloc(40)
  request.write(name)
  request.writeUInt16LE(flags, 16)
  if (ioctl(fd, TUNSETIFF, request) < 0) throw new Error(`Cannot open ${name}: errno ${koffi.errno()}`)
  ip('link', 'set', name, 'addrgenmode', 'none')
  ip('link', 'set', name, 'up', 'mtu', '9000')
  return fd
}

function ip(...args) {
  execFileSync('ip', args)
}

/** Whether it is one of the kernel's own reports to IPv6 neighbours. */
function isMulticast(packet) {
  return packet[0] >> 4 === 6 && packet[24] === 0xff
}

function drain(fd) {
  const buffer = Buffer.alloc(70_000)
  const packets = []
  for (;;) {
    try {
      const read = buffer.subarray(0, readSync(fd, buffer))
      if (!isMulticast(read.subarray(offload ? VIRTIO_HEADER : 0))) packets.push(read.toString('hex'))
    } catch (error) {
      if (error.code === 'EAGAIN') return packets
      throw error
    }
  }
}

const into = open('in0', TUN_NO_PI | VNET_HDR)
const out = open('out0', TUN_NO_PI | (offload ? VNET_HDR : 0))
if (offload && ioctlNumber(out, TUNSETOFFLOAD, OFFLOADS) < 0)
  throw new Error(`Cannot set offloads: errno ${koffi.errno()}`)
for (const name of ['all', 'in0']) writeFileSync(`/proc/sys/net/ipv4/conf/${name}/rp_filter`, '0')
writeFileSync('/proc/sys/net/ipv4/ip_forward', '1')
writeFileSync('/proc/sys/net/ipv6/conf/all/forwarding', '1')
ip('route', 'add', '10.77.1.0/24', 'dev', 'in0')
ip('route', 'add', '10.77.2.0/24', 'dev', 'out0')
ip('-6', 'route', 'add', 'fd00:77:101::/48', 'dev', 'in0')
ip('-6', 'route', 'add', 'fd00:77:202::/48', 'dev', 'out0')

drain(out)
const results = JSON.parse(readFileSync(0, 'utf8')).map((frame) => {
  try {
    writeSync(into, Buffer.from(frame, 'hex'))
  } catch (error) {
    return [`refused: ${error.code}`]
  }
  return drain(out)
})
process.stdout.write(JSON.stringify(results))
closeSync(into)
closeSync(out)
