import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { QANAT } from '../../../lab/lab.js'
import { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { codeCacheFolder } from '../../../src/cli/begin/code-cache.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { unpackedNode } from '../../support/node/unpacked-node.js'

const NO_RIGHTS = '0000000000000000'
const CAP_NET_ADMIN = '0000000000001000'

/** What the kernel tells of a process, as far as it is asked. */
function status(uids: number | readonly number[], permitted = NO_RIGHTS): string {
  const all = typeof uids === 'number' ? [uids, uids, uids, uids] : uids
  return `Name:\tnode\nUid:\t${all.join('\t')}\nGid:\t0\t0\t0\t0\nCapPrm:\t${permitted}\n`
}

let folder: string
beforeEach(() => {
  folder = temporaryFolder()
})

describeWhere(['root'], 'the folder of the code that V8 made', () => {
  it("is root's for root, whatever the environment names, and for nobody else", () => {
    const ofRoot = join(folder, 'cache/qanat')
    const environment = { HOME: join(folder, 'home'), XDG_CACHE_HOME: join(folder, 'named') }
    mkdirSync(join(folder, 'cache'))
    expect(codeCacheFolder(environment, status(0, 'ffff'), ofRoot)).toBe(ofRoot)
    expect(statSync(ofRoot).mode & 0o777).toBe(0o700)
  })

  it.each([
    ['HOME', '.cache/qanat'],
    ['XDG_CACHE_HOME', 'qanat'],
  ])("is a user's, within %s", (name, path) => {
    expect(codeCacheFolder({ [name]: folder }, status(1000), join(folder, 'root'))).toBe(join(folder, path))
    expect(statSync(join(folder, path)).mode & 0o777).toBe(0o700)
  })

  it('is none if no absolute path names one, or it cannot be made', () => {
    expect(codeCacheFolder({}, status(1000))).toBeUndefined()
    expect(codeCacheFolder({ HOME: 'home', XDG_CACHE_HOME: 'cache' }, status(1000))).toBeUndefined()
    expect(codeCacheFolder({ HOME: join(folder, 'none') }, status(1000))).toBeUndefined()
    expect(codeCacheFolder({ HOME: '/proc/1/none' }, status(1000))).toBeUndefined()
  })

  it('is none for a process whose users differ, or that may do more than others of its user', () => {
    const of = (text: string) => codeCacheFolder({ HOME: folder }, text, join(folder, 'root'))
    expect(of(status(1000))).toBeDefined()
    expect(of(status([1000, 0, 0, 0]))).toBeUndefined()
    expect(of(status([1000, 1000, 0, 1000]))).toBeUndefined()
    expect(of(status(1000, CAP_NET_ADMIN))).toBeUndefined()
  })

  it.each<[string, (cache: string) => void]>([
    ['others may write it', (cache) => chmodSync(cache, 0o777)],
    ['its group may', (cache) => chmodSync(cache, 0o770)],
    ['others may write what it is in', (cache) => chmodSync(join(cache, '..'), 0o777)],
    ['it belongs to somebody else', (cache) => chownSync(cache, 12345, 0)],
    ['what it is in does', (cache) => chownSync(join(cache, '..'), 12345, 0)],
    [
      "it is a link to somebody else's",
      (cache) => {
        mkdirSync(join(folder, 'other'))
        chownSync(join(folder, 'other'), 12345, 0)
        symlinkSync(join(folder, 'other'), join(cache, 'link'))
      },
    ],
  ])('is none if %s', (why, spoil) => {
    const cache = join(folder, 'cache/qanat')
    mkdirSync(cache, { mode: 0o700, recursive: true })
    expect(codeCacheFolder({}, status(0), cache)).toBe(cache)
    spoil(cache)
    const asked = why.includes('link') ? join(cache, 'link') : cache
    expect(codeCacheFolder({}, status(0), asked)).toBeUndefined()
  })
})

/** Runs a command with a /var/cache of its own: to fill the cache, by it, without one, and by one of the user's. Tells how often the last three look there. */
const RUNS = `
mount -t tmpfs none /var/cache
run() { strace -f -qq -e trace=openat -o "$3" "$1" "$2" --help > "$3.out" 2>&1 || true; }
run "$1" "$2" "$3/first"
stat -c %a /var/cache/qanat
run "$1" "$2" "$3/second"
NODE_DISABLE_COMPILE_CACHE=1 run "$1" "$2" "$3/third"
NODE_COMPILE_CACHE="$3/named" run "$1" "$2" "$3/fourth"
cmp "$3/first.out" "$3/third.out"
for one in second third fourth; do grep -c 'var/cache/qanat.* = [0-9]' "$3/$one" || true; done`

describeWhere(['root', 'Node 26', 'program unshare', 'program strace'], 'the code that V8 made', () => {
  it('is kept for the next start, where root alone can write, unless that is off or elsewhere', async () => {
    const { NODE_COMPILE_CACHE: _named, NODE_DISABLE_COMPILE_CACHE: _off, ...env } = process.env
    const words = ['-m', 'bash', '-ec', RUNS, 'bash', unpackedNode('26')!, QANAT, folder]
    const [mode, by, without, elsewhere] = (await new Program('unshare', words, { env }).output()).split('\n')
    expect(mode).toBe('700')
    expect(Number(by)).toBeGreaterThan(5)
    expect([without, elsewhere]).toEqual(['0', '0'])
  })

  it('is not kept where no /proc tells what the process may do, and nothing else is wrong there', async () => {
    const words = [
      '-m',
      'bash',
      '-ec',
      'mount -t tmpfs none /proc; "$1" "$2" --help',
      'bash',
      unpackedNode('26')!,
      QANAT,
    ]
    expect(await new Program('unshare', words).output()).toContain('Usage: qanat')
  })
})
