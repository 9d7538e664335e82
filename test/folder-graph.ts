/** A file of a tree: its path, and the paths of the files it imports, without `.ts`; others are left alone. */
export interface ImportingFile {
  readonly file: string
  readonly imports: readonly string[]
}

/** What one folder holds itself, its subfolders left out: each of those is a folder of its own. */
export interface FolderNode {
  files: number
  /** The folders that its files import, with how many imports lead there; itself is left out. */
  readonly imports: Map<string, number>
}

/** Folders by path, in alphabetical order; the top folder is '.'. Imports of files that are not listed do not count. */
export type FolderGraph = ReadonlyMap<string, FolderNode>

export function folderGraph(files: readonly ImportingFile[]): FolderGraph {
  const known = new Set(files.map(({ file }) => file.replace(/\.ts$/, '')))
  const folders = [...new Set(files.map(({ file }) => folderOf(file)))].sort()
  const graph = new Map(
    folders.map((folder): [string, FolderNode] => [folder, { files: 0, imports: new Map() }]),
  )
  for (const { file, imports } of files) {
    const from = folderOf(file)
    const node = graph.get(from)!
    node.files++
    for (const path of imports) {
      const to = folderOf(path)
      if (known.has(path) && to !== from) node.imports.set(to, (node.imports.get(to) ?? 0) + 1)
    }
  }
  return graph
}

/**
 * The sets of folders in which each reaches itself through the others, sorted: the strongly connected components of more
 * than one folder (Tarjan, "Depth-first search and linear graph algorithms", 1972).
 */
export function folderCircles(graph: FolderGraph): string[][] {
  const circles: string[][] = []
  const path: string[] = []
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()

  const visit = (folder: string): void => {
    order.set(folder, order.size)
    lowest.set(folder, order.get(folder)!)
    path.push(folder)
    for (const next of graph.get(folder)!.imports.keys()) {
      if (!order.has(next)) visit(next)
      if (path.includes(next)) lowest.set(folder, Math.min(lowest.get(folder)!, lowest.get(next)!))
    }
    if (lowest.get(folder) !== order.get(folder)) return
    const component = path.splice(path.indexOf(folder))
    if (component.length > 1) circles.push(component.sort())
  }

  for (const folder of graph.keys()) if (!order.has(folder)) visit(folder)
  return circles.sort()
}

/** A line for each folder: its files, how many of their imports leave it, and how many of others' imports enter it. */
export function folderTable(graph: FolderGraph): string {
  const entering = new Map<string, number>()
  for (const { imports } of graph.values()) {
    for (const [to, count] of imports) entering.set(to, (entering.get(to) ?? 0) + count)
  }
  const rows = [...graph].map(([folder, { files, imports }]) => [
    folder,
    files,
    [...imports.values()].reduce((sum, count) => sum + count, 0),
    entering.get(folder) ?? 0,
  ])
  const width = Math.max(...[...graph.keys(), 'folder'].map(({ length }) => length))
  return [['folder', 'files', 'imports', 'imported'], ...rows]
    .map(
      ([folder, ...numbers]) =>
        String(folder).padEnd(width) + numbers.map((n) => String(n).padStart(10)).join(''),
    )
    .join('\n')
}

function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.'
}
