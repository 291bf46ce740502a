/**
 * Groups nodes that lead to each other, each group after those that it leads to: Tarjan's algorithm for strongly connected
 * components (1972), without recursion, since a sheet may be one long chain.
 * @param next returns the nodes that a node leads to; any that are not among `nodes` are ignored
 */
export function stronglyConnected<Node>(
  nodes: Iterable<Node>,
  next: (node: Node) => Iterable<Node>,
): readonly (readonly Node[])[] {
  const all = new Set(nodes)
  const groups: (readonly Node[])[] = []
  const visits = new Map<Node, Visit<Node>>()
  const open: Visit<Node>[] = []
  const path: Visit<Node>[] = []
  const enter = (node: Node): void => {
    const number = visits.size
    const visit = { node, number, lowest: number, isOpen: true, left: next(node)[Symbol.iterator]() }
    visits.set(node, visit)
    open.push(visit)
    path.push(visit)
  }
  for (const node of all) {
    if (visits.has(node)) continue
    enter(node)
    for (let visit = path.at(-1); visit; visit = path.at(-1)) {
      const { value: led, done } = visit.left.next()
      if (!done) {
        if (!all.has(led)) continue
        const known = visits.get(led)
        if (!known) enter(led)
        else if (known.isOpen) visit.lowest = Math.min(visit.lowest, known.number)
        continue
      }
      path.pop()
      const caller = path.at(-1)
      if (caller) caller.lowest = Math.min(caller.lowest, visit.lowest)
      if (visit.lowest !== visit.number) continue
      const group = open.splice(open.lastIndexOf(visit))
      for (const member of group) member.isOpen = false
      groups.push(group.map((member) => member.node))
    }
  }
  return groups
}

interface Visit<Node> {
  readonly node: Node
  readonly number: number
  lowest: number
  isOpen: boolean
  readonly left: Iterator<Node>
}
