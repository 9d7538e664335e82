/** Makes something in the file system that none but its owner may use. */
export function privately(make: () => void): void {
  const before = process.umask(0o177)
  try {
    make()
  } finally {
    process.umask(before)
  }
}
