/** Tasks to run once when something has ended, in reverse order: a `DisposableStack`, which Node 22 does not have. */
export class Afterwards {
  #tasks: (() => void)[] = []

  defer(task: () => void): void {
    this.#tasks.push(task)
  }

  run(): void {
    const tasks = this.#tasks.reverse()
    this.#tasks = []
    for (const task of tasks) task()
  }
}
