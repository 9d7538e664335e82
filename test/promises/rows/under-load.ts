import type { Kept } from './mutant.js'

/** The promises of docs/security.md under "Under load". */
export const underLoad: readonly Kept[] = [
  {
    promise: 'A busy link pauses the TUN device for a moment, and never if there are other peers',
    mutants: [
      {
        breaks: 'The pause of the TUN device ends by itself',
        file: 'src/core/forwarding/tun-backpressure.ts',
        text: '    this.#patience.set(now + MAX_PAUSE, now)\n',
        replacement: '',
        test: 'test/core/forwarding/tun-backpressure.test.ts',
        name: 'lets the device go on by itself after 50 ms, however often it is applied meanwhile',
      },
      {
        breaks: 'The pause of the TUN device lasts 50 ms at the most',
        file: 'src/core/forwarding/tun-backpressure.ts',
        text: 'MAX_PAUSE = 50',
        replacement: 'MAX_PAUSE = 5_000',
        test: 'test/core/forwarding/tun-backpressure.test.ts',
        name: 'lets the device go on by itself after 50 ms, however often it is applied meanwhile',
      },
      {
        breaks: 'The TUN device is never paused with many peers',
        file: 'src/core/forwarding/pump.ts',
        text: 'if (!link.writable && this.#parts.peers.isAlone(peer))',
        replacement: 'if (!link.writable)',
        test: 'test/core/forwarding/pump.test.ts',
        name: 'pauses nothing while there are other peers, which would have to wait',
      },
      {
        breaks: 'The TUN device is paused while the carrier of the only peer is busy',
        file: 'src/core/forwarding/pump.ts',
        text: '    if (!link.writable && this.#parts.peers.isAlone(peer)) this.#backpressure.apply(now)\n',
        replacement: '',
        test: 'test/core/forwarding/pump.test.ts',
        name: 'pauses the device until the link takes packets again, is gone, or another one is used',
      },
      {
        breaks: 'The TUN device goes on when the link drains',
        file: 'src/core/forwarding/pump.ts',
        text: '  drained(_link: Link): void {\n    this.resume()',
        replacement: '  drained(_link: Link): void {',
        test: 'test/core/forwarding/pump.test.ts',
        name: 'pauses the device until the link takes packets again, is gone, or another one is used',
      },
      {
        breaks: 'The TUN device goes on when the link is gone',
        file: 'src/core/forwarding/pump.ts',
        text: '    this.run((now) => {\n      this.resume()\n',
        replacement: '    this.run((now) => {\n',
        test: 'test/core/forwarding/pump.test.ts',
        name: 'pauses the device until the link takes packets again, is gone, or another one is used',
      },
      {
        breaks: 'The TUN device goes on when the peer moves to another link',
        file: 'src/core/forwarding/pump.ts',
        text: "      peer.reachedBy(link, 'the peer sends from there', now)\n      this.resume()\n",
        replacement: "      peer.reachedBy(link, 'the peer sends from there', now)\n",
        test: 'test/core/forwarding/pump.test.ts',
        name: 'pauses the device until the link takes packets again, is gone, or another one is used',
      },
    ],
  },
  {
    promise: 'What waits for a slow stream is bounded by its speed',
    mutants: [
      {
        breaks: 'What waits for a slow carrier is bounded by its speed',
        file: 'src/transports/streams/unsent-buffer.ts',
        text: '    this.#rate = this.#went / Math.max(0.01, now - this.#since)\n',
        replacement: '',
        test: 'test/transports/streams/unsent-buffer.test.ts',
        name: 'has room for what the carrier takes in 100 ms, as fast as it last was',
      },
      {
        breaks: 'Bytes wait 100 ms for a slow carrier at the most',
        file: 'src/transports/streams/send-queue.ts',
        text: 'MAX_WAIT = 100',
        replacement: 'MAX_WAIT = 10_000',
        test: 'test/transports/streams/unsent-buffer.test.ts',
        name: 'has room for what the carrier takes in 100 ms, as fast as it last was',
      },
      {
        breaks: 'At most 256 KiB wait for a carrier',
        file: 'src/core/settings/option-groups.ts',
        text: 'max: 67_108_864, default: 262_144',
        replacement: 'max: 67_108_864, default: 16_777_216',
        test: 'test/transports/streams/unsent-buffer.test.ts',
        name: 'has room for 256 KiB while nobody knows how fast the carrier is',
      },
      {
        breaks: 'The speed of a carrier is measured anew each time that it is busy',
        file: 'src/transports/streams/unsent-buffer.ts',
        text: '      this.#since = now\n      this.#went = 0\n',
        replacement: '',
        test: 'test/transports/streams/unsent-buffer.test.ts',
        name: 'takes the speed anew each time that the carrier is busy',
      },
    ],
  },
  {
    promise: 'TCP segments are clamped to what the path carries, in both directions',
    mutants: [
      {
        breaks: 'MSS is clamped on packets received from a peer',
        file: 'src/core/forwarding/pump.ts',
        text: '      this.paths.clamp(peer, packet)\n',
        replacement: '',
        test: 'test/core/forwarding/pump.test.ts',
        name: 'lowers the segments that a connection by a peer may use to what fits, from either side',
      },
      {
        breaks: 'MSS is clamped on packets sent to a peer',
        file: 'src/core/path-mtu/size-gate.ts',
        text: '    this.clamp(packet, path)\n    return true',
        replacement: '    return true',
        test: 'test/core/forwarding/pump.test.ts',
        name: 'lowers the segments that a connection by a peer may use to what fits, from either side',
      },
    ],
  },
  {
    promise: 'A packet larger than the largest there is never reaches the kernel',
    mutants: [
      {
        breaks: 'Packets above MAX_PACKET are refused',
        file: 'src/tun/linux-device.ts',
        text: 'if (length > MAX_PACKET) {',
        replacement: 'if (false) {',
        test: 'test/tun/linux-device.test.ts',
        name: 'writes the largest packet, and drops and counts larger ones, wherever they lie',
      },
    ],
  },
  {
    promise: 'An error of a socket does not stop what watches it',
    mutants: [
      {
        breaks: 'A watcher goes on after POLLERR',
        file: 'src/native/base/watcher.ts',
        text: '      this.#start(address, handle.wanted, this.#onPoll)\n    }\n  }\n\n  /** Lets promises',
        replacement: '    }\n  }\n\n  /** Lets promises',
        test: 'test/native/base/watcher.test.ts',
        name: 'go on after an error of the descriptor, at which libuv stops',
      },
    ],
  },
]

/** The promises of docs/security.md under "Under load" that are about front ends and gateways on the way. */
export const ofFrontEnds: readonly Kept[] = [
  {
    promise:
      'A message in fragments costs this end no more than 8 times its bytes and 4 KiB on the wire, 64 empty fragments and 10 s; 16 KiB on the wire before the proof',
    mutants: [
      {
        breaks: 'A message may take as many bytes on the wire as its sender likes',
        file: 'src/transports/websocket/frames/fragmented-message.ts',
        text: 'return this.#wireBytes > WIRE_BYTES_PER_BYTE * length + WIRE_ALLOWANCE',
        replacement: 'return this.#wireBytes > 2 * WIRE_BYTES_PER_BYTE * length + WIRE_ALLOWANCE',
        test: 'test/transports/websocket/websocket-codec.test.ts',
        name: 'ends at a message whose frames have more than 8 times its bytes, and 4 KiB',
      },
      {
        breaks: 'A message may have any number of empty fragments',
        file: 'src/transports/websocket/frames/fragmented-message.ts',
        text: 'if (this.#empty > MAX_EMPTY) return true',
        replacement: 'if (this.#empty > 2 * MAX_EMPTY) return true',
        test: 'test/transports/websocket/websocket-codec.test.ts',
        name: 'takes 64 empty pieces of a message, and ends at one more',
      },
      {
        breaks: 'A message may take any time',
        file: 'src/transports/websocket/frames/fragmented-message.ts',
        text: 'now - this.#since > MAX_DURATION',
        replacement: 'now - this.#since > 2 * MAX_DURATION',
        test: 'test/transports/websocket/websocket-codec.test.ts',
        name: 'ends at a message whose last piece comes more than 10 s after its first',
      },
      {
        breaks: 'A message may take as much before the proof as after it',
        file: 'src/transports/websocket/frames/fragmented-message.ts',
        text: 'this.#wireBytes > UNAUTHENTICATED_WIRE_BYTES) return true',
        replacement: 'this.#wireBytes > 2 * UNAUTHENTICATED_WIRE_BYTES) return true',
        test: 'test/transports/websocket/websocket-codec.test.ts',
        name: 'reads 16 KiB of frames for a message in pieces before the proof, and no more',
      },
    ],
  },
  {
    promise:
      'Behind trusted front ends a client counts by the address that the nearest of them tells which is not trusted itself, in one header; nothing that the client wrote into that or another one counts',
    mutants: [
      {
        breaks: 'Whoever writes the header is believed',
        file: 'src/transports/websocket/requests/client-address.ts',
        text: 'const hops = isTrusted ? this',
        replacement: 'const hops = isTrusted || true ? this',
        test: 'test/transports/websocket/requests/client-address.test.ts',
        name: 'ignores what anybody else says, in whatever header',
      },
      {
        breaks: 'A hop that is not trusted is asked for the one before it',
        file: 'src/transports/websocket/requests/client-address.ts',
        text: '      if (!this.#trusted.has(source)) break\n',
        replacement: '',
        test: 'test/transports/websocket/requests/client-address.test.ts',
        name: 'stops at the first address that is not trusted, for what stands before it may be made up',
      },
      {
        breaks: 'X-Forwarded-For counts whatever header is configured',
        file: 'src/transports/websocket/requests/client-address.ts',
        text: 'headers[this.#header]?.toString()',
        replacement: "headers['x-forwarded-for']?.toString()",
        test: 'test/transports/websocket/websocket-listener.front-ends.test.ts',
        name: 'counts links by the address in the header that it is told, and in no other',
      },
      {
        breaks: "A client's quotation mark reaches into what a proxy appended",
        file: 'src/transports/websocket/requests/forwarded-header.ts',
        text: "separator !== ',' && separator !== ';') return []",
        replacement: "separator !== ',' && separator !== ';') return hops",
        test: 'test/transports/websocket/requests/client-address.test.ts',
        name: 'reads Forwarded as RFC 7239 has it',
      },
    ],
  },
  {
    promise:
      'A listener with the PROXY protocol takes it from the front ends that its endpoint names and nothing from anybody else, before TLS, whole and in time',
    mutants: [
      {
        breaks: 'Anybody may say who a client is',
        file: 'src/transports/accepting/door.ts',
        text: '!isLocal && !proxyProtocol.has(plainAddress(address))',
        replacement: '!isLocal && !plainAddress(address)',
        test: 'test/transports/accepting/door.front-ends.test.ts',
        name: 'turns away whoever is no trusted front end, whatever it sends',
      },
      {
        breaks: 'A header may take any time',
        file: 'src/transports/front-ends/after-proxy-header.ts',
        text: 'MAX_DURATION = 3_000',
        replacement: 'MAX_DURATION = 30_000',
        test: 'test/transports/accepting/door.front-ends.test.ts',
        name: 'requires the header, whole within 3 s',
      },
      {
        breaks: 'A header may be of any length',
        file: 'src/transports/front-ends/proxy-header.ts',
        text: ' || length > MAX_VERSION_2) return',
        replacement: ') return',
        test: 'test/transports/front-ends/proxy-header.test.ts',
        name: 'ends with bytes of any kind: within 2,064 a header is whole or malformed',
      },
      {
        breaks: 'A front end that speaks for itself names a client',
        file: 'src/transports/front-ends/proxy-header.ts',
        text: 'if (command === LOCAL || size === undefined) return',
        replacement: 'if (size === undefined) return',
        test: 'test/transports/accepting/door.front-ends.test.ts',
        name: 'takes the front end itself where it speaks for itself, or does not know',
      },
    ],
  },
]
