/** A folder, a link or a file that a path leads through, as it was when it was opened. */
export interface Step {
  readonly path: string
  readonly kind: 'folder' | 'link' | 'file'
  readonly uid: number
  readonly gid: number
  /** The permissions, with the sticky bit. */
  readonly mode: number
}

/** All of them, from the root folder to the file. */
export type Way = readonly [Step, ...Step[]]

/** Where a way leads. */
export function endOf(way: Way): Step {
  return way.at(-1)!
}

/** Permissions as chmod(1) takes them. */
export function modeOf({ mode }: Step): string {
  return (mode & 0o777).toString(8)
}
