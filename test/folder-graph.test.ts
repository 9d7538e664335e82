import { describe, expect, it } from 'vitest'
import { folderCircles, folderGraph, folderTable } from './folder-graph.js'

const file = (path: string, ...imports: string[]) => ({ file: `${path}.ts`, imports })

describe('circles of folders', () => {
  it('finds the folders that reach themselves through others, however long the way', () => {
    const graph = folderGraph([
      file('a/one', 'b/one'),
      file('b/one', 'c/one', 'd/one'),
      file('c/one', 'a/two'),
      file('a/two'),
      file('d/one'),
    ])
    expect(folderCircles(graph)).toEqual([['a', 'b', 'c']])
  })

  it('sees a folder and its subfolder as two, and the top one as a folder', () => {
    const graph = folderGraph([
      file('index', 'core/pump'),
      file('core/pump', 'core/ip/packet', 'index'),
      file('core/ip/packet', 'core/pump'),
    ])
    expect(folderCircles(graph)).toEqual([['.', 'core', 'core/ip']])
  })

  it('tells circles apart that only one way joins', () => {
    const graph = folderGraph([
      file('a/one', 'b/one', 'c/one'),
      file('b/one', 'a/one'),
      file('c/one', 'd/one'),
      file('d/one', 'c/one'),
    ])
    expect(folderCircles(graph)).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ])
  })

  it('takes files of one folder that import one another, and packages, for no circle', () => {
    const graph = folderGraph([file('a/one', 'a/two', 'node:fs'), file('a/two', 'a/one', 'fs/promises')])
    expect(folderCircles(graph)).toEqual([])
  })
})

it('counts files, imports that leave a folder and imports that enter it', () => {
  const graph = folderGraph([
    file('index', 'a/one', 'a/two'),
    file('a/one', 'a/two', 'b/one'),
    file('a/two'),
    file('b/one'),
  ])
  expect(folderTable(graph).split('\n')).toEqual([
    'folder     files   imports  imported',
    '.              1         2         0',
    'a              2         1         2',
    'b              1         0         1',
  ])
})
