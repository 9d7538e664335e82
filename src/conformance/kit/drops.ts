/** Everything dropped so far, whatever the cause. */
export function totalDrops({ drops }: { readonly drops: Readonly<Record<string, number>> }): number {
  return Object.values(drops).reduce((sum, count) => sum + count, 0)
}
