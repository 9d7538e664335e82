import type { Kept } from './mutant.js'

/** The promises of docs/security.md under "Under load" about connections that are accepted. */
export const onConnections: readonly Kept[] = [
  {
    promise: 'Whatever throws while a connection that was accepted is dealt with ends that one and no other',
    mutants: [
      {
        breaks: 'What an event of a connection throws ends the tunnel',
        file: 'src/transports/accepting/door.ts',
        text: '    } catch (thrown) {\n      fail(thrown)\n    }\n',
        replacement: '    } finally {\n      void fail\n    }\n',
        test: 'test/transports/accepting/door.test.ts',
        name: 'destroys a connection of which the handler threw, and serves the next one within 100 ms',
      },
      {
        breaks: 'A promise that is rejected for a connection ends the tunnel',
        file: 'src/transports/accepting/door.ts',
        text: '      if (working instanceof Promise) working.catch(fail)\n',
        replacement: '      void working\n',
        test: 'test/transports/accepting/door.test.ts',
        name: 'destroys a connection of which an event threw, or a promise was rejected',
      },
      {
        breaks: 'A connection that cannot be handed off stays open',
        file: 'src/native/sockets/detach-socket.ts',
        text: '    socket.destroy()\n    const cause',
        replacement: '    const cause',
        test: 'test/transports/accepting/door.handoffs.test.ts',
        name: 'destroys a connection that it cannot hand off, and serves the next one',
      },
      {
        breaks: 'The descriptor leaks of a connection that cannot be watched',
        file: 'src/transports/streams/native-stream-link.ts',
        text: '      fs.closeSync(this.#fd)\n      this.#partial.drop()\n',
        replacement: '      this.#partial.drop()\n',
        test: 'test/transports/accepting/door.handoffs.test.ts',
        name: 'lets no descriptor leak that nobody can watch',
      },
      {
        breaks: 'What the receiver of a link throws ends the tunnel',
        file: 'src/transports/streams/stream-link.ts',
        text: '    } catch (thrown) {\n      this.#end(asError(thrown))\n    }\n',
        replacement: '    } finally {\n      void asError\n    }\n',
        test: 'test/transports/accepting/door.handoffs.test.ts',
        name: 'ends a link of which the receiver throws, and serves others',
      },
    ],
  },
  {
    promise:
      'Strangers never take the last descriptors: who comes takes the place of one that proved nothing, or waits with the kernel for a moment',
    mutants: [
      {
        breaks: 'No descriptor is left for anything but connections',
        file: 'src/transports/accepting/door.ts',
        text: 'LEFT_FREE = 8',
        replacement: 'LEFT_FREE = 0',
        test: 'test/transports/accepting/door.test.ts',
        name: 'lets a newcomer take the place of who proved nothing where few descriptors are left',
      },
      {
        breaks: 'Who proved nothing keeps its place',
        file: 'src/transports/accepting/door.ts',
        text: '    if (unauthenticatedLinks.makeRoom()) return false\n',
        replacement: '',
        test: 'test/transports/accepting/door.test.ts',
        name: 'lets a newcomer take the place of who proved nothing where few descriptors are left',
      },
      {
        breaks: 'The place is not taken from the address that has most',
        file: 'src/transports/streams/unauthenticated-links.ts',
        text: '    this.#displace(most ?? this.#entries)\n',
        replacement: '    this.#displace(this.#entries)\n',
        test: 'test/transports/streams/unauthenticated-links.test.ts',
        name: 'makes room at the cost of the address that has most, its oldest first',
      },
      {
        breaks: 'Accepting goes on while no descriptor is left',
        file: 'src/transports/accepting/door.ts',
        text: '    if (this.#spare !== undefined) this.#server.close()\n',
        replacement: '',
        test: 'test/transports/accepting/door.test.ts',
        name: 'leaves who comes with the kernel, and takes them in a moment later',
      },
      {
        breaks: 'Descriptors that the end is to have are given to newcomers',
        file: 'src/native/process/descriptors.ts',
        text: '    spoken += kept.length\n',
        replacement: '',
        test: 'test/native/process/descriptors.test.ts',
        name: 'keeps descriptors, which are free for nobody but the end, and for all once that is over',
      },
    ],
  },
  {
    promise: 'A listener closes in bounded time, whatever its connections do',
    mutants: [
      {
        breaks: 'A listener waits for ten times as long for its links',
        file: 'src/transports/accepting/door.ts',
        text: 'CLOSE_LIMIT = 2_000',
        replacement: 'CLOSE_LIMIT = 20_000',
        test: 'test/transports/accepting/door.test.ts',
        name: 'closes in bounded time, whatever its links and their connections do',
      },
      {
        breaks: 'A listener leaves connections open that nobody made a link of',
        file: 'src/transports/accepting/door.ts',
        text: '    for (const socket of this.#sockets) socket.destroy()\n',
        replacement: '',
        test: 'test/transports/accepting/door.test.ts',
        name: 'closes in bounded time, whatever its links and their connections do',
      },
    ],
  },
]
