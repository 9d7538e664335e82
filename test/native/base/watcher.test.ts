import fs from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { native } from '../../../src/native/base/native.js'
import { READABLE, type Watcher, WRITABLE } from '../../../src/native/base/watcher.js'
import { turns } from '../../support/eventually.js'
import { nativeMissing, orSkipped } from '../../support/native-missing.js'
import { openPipe, openSockets } from '../../support/pipe.js'

const open: { watchers: Watcher[]; fds: number[] } = { watchers: [], fds: [] }

afterEach(async () => {
  for (const watcher of open.watchers.splice(0)) await watcher.close()
  for (const fd of open.fds.splice(0)) fs.closeSync(fd)
})

function pipe(): [number, number] {
  const fds = openPipe()
  open.fds.push(...fds)
  return fds
}

function sockets(): [number, number] {
  const fds = openSockets()
  open.fds.push(...fds)
  return fds
}

function watch(fd: number, onEvents: (events: number) => void, onError = unexpected): Watcher {
  const watcher = native().watchers.watch(fd, onEvents, onError)
  open.watchers.push(watcher)
  return watcher
}

function unexpected(error: unknown): void {
  throw error
}

/** Reads all that is there. */
function drain(fd: number): number {
  return fs.readSync(fd, Buffer.alloc(100))
}

/** How many descriptors are open. */
function descriptors(): number {
  return fs.readdirSync('/proc/self/fd').length
}

/** A promise, and what fulfils it. */
function promised<Value>() {
  let resolve!: (value: Value) => void
  const promise = new Promise<Value>((given) => {
    resolve = given
  })
  return { promise, resolve }
}

describe.skipIf(nativeMissing)(orSkipped('Watchers', nativeMissing), () => {
  it('tell again and again that there is something to read, until it is read', async () => {
    const [reading, writing] = pipe()
    const { promise, resolve } = promised<void>()
    const events: number[] = []
    watch(reading, (event) => {
      events.push(event)
      if (events.length < 3) return
      drain(reading)
      resolve()
    })
    await turns()
    expect(events).toEqual([])
    fs.writeSync(writing, 'x')
    await promise
    await turns()
    expect(events).toEqual([READABLE, READABLE, READABLE])
  })

  it('tell of each wake-up before what it brings', async () => {
    const [reading, writing] = pipe()
    const { promise, resolve } = promised<void>()
    const order: string[] = []
    const { watchers } = native()
    const { woke } = watchers
    watchers.woke = () => order.push('wake-up')
    watch(reading, () => {
      drain(reading)
      order.push('events')
      resolve()
    })
    fs.writeSync(writing, 'x')
    await promise
    watchers.woke = woke
    expect(order).toEqual(['wake-up', 'events'])
  })

  it('let promises go on in the turn in which they were kept', async () => {
    const [reading, writing] = pipe()
    const { promise, resolve } = promised<void>()
    const order: string[] = []
    watch(reading, () => {
      drain(reading)
      queueMicrotask(() => order.push('microtask'))
      setImmediate(() => {
        order.push('immediate')
        resolve()
      })
    })
    fs.writeSync(writing, 'x')
    await promise
    expect(order).toEqual(['microtask', 'immediate'])
  })

  it('tell of what is wanted only', async () => {
    const [near, far] = sockets()
    const { promise, resolve } = promised<void>()
    const events: number[] = []
    const watcher = watch(near, (event) => {
      events.push(event)
      watcher.want(event === WRITABLE ? READABLE | WRITABLE : 0)
      if (event === (READABLE | WRITABLE)) resolve()
      else fs.writeSync(far, 'x')
    })
    await turns()
    expect(events).toEqual([])
    watcher.want(WRITABLE)
    watcher.want(WRITABLE)
    await promise
    await turns()
    expect(events).toEqual([WRITABLE, READABLE | WRITABLE])
  })

  it('tell that a socket takes more once it was full', async () => {
    const [near, far] = sockets()
    const block = Buffer.alloc(65_536)
    const fill = () => {
      try {
        for (;;) fs.writeSync(near, block)
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'EAGAIN' })
      }
    }
    fill()
    const { promise, resolve } = promised<number>()
    const watcher = watch(near, (events) => {
      watcher.want(0)
      resolve(events)
    })
    watcher.want(WRITABLE)
    let early = true
    void promise.then(() => {
      expect(early).toBe(false)
    })
    await turns()
    early = false
    try {
      for (;;) fs.readSync(far, block)
    } catch {} // all is read
    expect(await promise).toBe(WRITABLE)
  })

  it('hand on what a callback throws, and go on', async () => {
    const [reading, writing] = pipe()
    const { promise, resolve } = promised<void>()
    const thrown: unknown[] = []
    watch(
      reading,
      () => {
        throw new Error(`turn ${thrown.length}`)
      },
      (error) => {
        thrown.push(error)
        if (thrown.length < 2) return
        drain(reading)
        resolve()
      },
    )
    fs.writeSync(writing, 'x')
    await promise
    expect(thrown).toEqual([new Error('turn 0'), new Error('turn 1')])
  })

  it('go on after an error of the descriptor, at which libuv stops', async () => {
    const [reading, writing] = openPipe()
    open.fds.push(writing)
    const events: number[] = []
    const watcher = watch(writing, (event) => {
      events.push(event)
      if (events.length === 3) watcher.want(0)
    })
    fs.closeSync(reading)
    await turns()
    expect(events).toEqual([READABLE, READABLE, READABLE])
  })

  it('outlive one whose answer to a throw throws, too', async () => {
    const [reading, writing] = pipe()
    const bugs: unknown[] = []
    const listeners = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', (bug) => bugs.push(bug))
    const fail = (text: string) => () => {
      drain(reading)
      throw new Error(text)
    }
    watch(reading, fail('first'), () => {
      throw new Error('second')
    })
    fs.writeSync(writing, 'x')
    await turns()
    process.removeAllListeners('uncaughtException')
    for (const listener of listeners) process.on('uncaughtException', listener)
    expect(bugs).toEqual([new Error('second')])
  })

  it('are silent from the moment of closing, even if that is within the callback', async () => {
    const [reading, writing] = pipe()
    const closed = promised<void>()
    let calls = 0
    const watcher = watch(reading, () => {
      calls++
      watcher.want(READABLE | WRITABLE)
      void watcher.close().then(closed.resolve)
      watcher.want(READABLE)
    })
    fs.writeSync(writing, 'x')
    await closed.promise
    await turns()
    expect(calls).toBe(1)
  })

  it('let go of the descriptor before any call of close resolves', async () => {
    const [reading] = pipe()
    const watcher = watch(reading, () => {})
    const order: string[] = []
    const first = watcher.close().then(() => order.push('first'))
    const second = watcher.close().then(() => order.push('second'))
    await second
    expect(order).toEqual(['first', 'second'])
    await first
    await watcher.close()
    const again = watch(reading, () => {})
    await again.close()
  })

  it('close even where nothing else ever happens', async () => {
    const [reading] = pipe()
    for (let count = 0; count < 100; count++) await watch(reading, () => {}).close()
  })

  it('may close one another in a callback', async () => {
    const pipes = [pipe(), pipe()] as const
    const called: number[] = []
    const done = promised<void>()
    const watchers = pipes.map(([reading], index) =>
      watch(reading, () => {
        called.push(index)
        void Promise.all(watchers.map((watcher) => watcher.close())).then(() => done.resolve())
      }),
    )
    for (const [, writing] of pipes) fs.writeSync(writing, 'x')
    await done.promise
    expect(called).toHaveLength(1)
  })

  it('tell the end of the other side', async () => {
    const [near, far] = openSockets()
    open.fds.push(near)
    const { promise, resolve } = promised<number>()
    const watcher = watch(near, (events) => {
      watcher.want(0)
      resolve(events)
    })
    fs.closeSync(far)
    expect((await promise) & READABLE).toBe(READABLE)
  })

  it('refuse what cannot be watched, and keep no memory for it', () => {
    const { arena } = native()
    const probe = arena.reserve(1)
    probe.release()
    const file = fs.openSync(import.meta.filename, 'r')
    open.fds.push(file)
    for (let count = 0; count < 100; count++) {
      expect(() => watch(file, () => {})).toThrow(`Cannot watch descriptor ${file}: the kernel says EPERM`)
      expect(() => watch(123_456, () => {})).toThrow('Cannot watch descriptor 123456: the kernel says EBADF')
    }
    const [first, second] = [1, 2].map(() => arena.reserve(4_096 * 8))
    expect(second!.offset - first!.offset).toBe(4_096 * 8)
    first!.release()
    second!.release()
  })

  it('use the memory of those that are closed again', async () => {
    const [reading] = pipe()
    const { arena } = native()
    for (let count = 0; count < 1_000; count++)
      await native()
        .watchers.watch(reading, () => {}, unexpected)
        .close()
    const before = arena.reserve(2 ** 20)
    for (let count = 0; count < 100; count++)
      await native()
        .watchers.watch(reading, () => {}, unexpected)
        .close()
    const after = arena.reserve(2 ** 20 + 1) // of another class: new memory
    expect(after.offset - before.offset).toBe(2 ** 20)
    before.release()
    after.release()
  })

  it('serve 1,000 descriptors at once, and let go of them all', async () => {
    const before = descriptors()
    const pipes = Array.from({ length: 1_000 }, openPipe)
    const done = promised<void>()
    let left = pipes.length
    const watchers = pipes.map(([reading], index) =>
      native().watchers.watch(
        reading,
        () => {
          expect(drain(reading)).toBe(String(index).length)
          if (--left === 0) done.resolve()
        },
        unexpected,
      ),
    )
    for (const [index, [, writing]] of pipes.entries()) fs.writeSync(writing, String(index))
    await done.promise
    await Promise.all(watchers.map((watcher) => watcher.close()))
    for (const fd of pipes.flat()) fs.closeSync(fd)
    expect(descriptors()).toBe(before)
  })
})
