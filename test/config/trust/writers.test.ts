import { describe, expect, it } from 'vitest'
import type { Step, Way } from '../../../src/config/trust/way.js'
import { writersOf } from '../../../src/config/trust/writers.js'

const ROOT = folder('/')
const CALLER = 1000
const OTHER = 1001

function folder(path: string, mode = 0o755, uid = 0): Step {
  return { path, kind: 'folder', uid, gid: uid, mode }
}

function file(mode = 0o600, uid = 0): Step {
  return { path: '/a/f', kind: 'file', uid, gid: uid, mode }
}

function link(uid = 0): Step {
  return { path: '/a/l', kind: 'link', uid, gid: uid, mode: 0o777 }
}

/** The paths that others may write, and that belong to others. */
function writers(...way: Step[]): [string | undefined, string[]] {
  const { open, owned } = writersOf([ROOT, ...way] as unknown as Way, new Set([CALLER]))
  return [open?.path, owned.map(({ path }) => path)]
}

describe('writersOf', () => {
  it.each([
    ["root's", [folder('/a'), file()]],
    ["the caller's", [folder('/a', 0o700, CALLER), file(0o600, CALLER)]],
    ['read by others', [folder('/a', 0o755), file(0o644)]],
    ["root's in a sticky folder", [folder('/a', 0o1777), file()]],
    ["the caller's in a sticky folder", [folder('/a', 0o1777), file(0o600, CALLER)]],
    ["behind root's link in a sticky folder", [folder('/a', 0o1777), link(), ROOT, file()]],
    ['behind a link of another user where only root writes', [folder('/a'), link(OTHER), ROOT, file()]],
  ])('knows nobody else where all is %s', (_what, way) => {
    expect(writers(...way)).toEqual([undefined, []])
  })

  it.each([
    ['its file has the mode 666', [folder('/a'), file(0o666)], '/a/f'],
    ['its group may write it', [folder('/a'), file(0o620)], '/a/f'],
    ['anybody may write its folder', [folder('/a', 0o777), file()], '/a'],
    ['the group may write a folder on the way', [folder('/a', 0o775), folder('/a/b'), file()], '/a'],
    ['anybody may write it in a sticky folder', [folder('/a', 0o1777), file(0o602)], '/a/f'],
  ])('knows that others can write where %s', (_what, way, path) => {
    expect(writers(...way)).toEqual([path, []])
  })

  it.each([
    ['a file', [folder('/a'), file(0o600, OTHER)], ['/a/f']],
    ["a folder with root's file", [folder('/a', 0o700, OTHER), file()], ['/a']],
    ['a file in a sticky folder', [folder('/a', 0o1777), file(0o600, OTHER)], ['/a/f']],
    ['a link in a sticky folder', [folder('/a', 0o1777), link(OTHER), ROOT, file()], ['/a/l']],
  ])('knows the other user who owns %s', (_what, way, paths) => {
    expect(writers(...way)).toEqual([undefined, paths])
  })

  it('takes the folders of the system for its own where root is nobody, but no file', () => {
    const NOBODY = 65_534
    const way = [folder('/', 0o755, NOBODY), folder('/etc', 0o755, NOBODY)]
    const owned = (...steps: Step[]) => writersOf([...way, ...steps] as unknown as Way, new Set([0])).owned
    expect(owned(file())).toEqual([])
    expect(owned(file(0o600, NOBODY))).toHaveLength(1)
  })
})
