/** Bytes of keys and values together that one plugin may keep for one tunnel. */
export const MAX_STORED = 2 ** 20

/**
 * What a plugin keeps of a tunnel over its starts: texts and bytes by keys, of 1 MiB together. It is one file, which is
 * there with all that was set or as it was before. What was set is on the disk within a second or two, at the end of the tunnel at once, so kill -9
 * loses no more. A plugin that needs it says so (`needs: ['storage']`): its folder is made before root is given up then.
 *
 * In a program that names no folder, and for tunnels of the command line, it is in memory alone.
 */
export interface PluginStorage {
  /** What was set last under a key; undefined if nothing was. A text is given as its bytes in UTF-8. */
  get(key: string): Uint8Array | undefined
  /** The same as a text. */
  getText(key: string): string | undefined
  /**
   * Keeps a value, which is copied, in place of what was there. Undefined forgets it.
   *
   * @throws RangeError if it were more than {@link MAX_STORED} bytes then; nothing is changed.
   */
  set(key: string, value: string | Uint8Array | undefined): void
  /** All keys that have a value. */
  keys(): string[]
  /** Resolves once all that was set is on the disk; rejects if it cannot be written. */
  flush(): Promise<void>
}
