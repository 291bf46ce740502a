import renderExport from '#views/exports/export.eta'
import { exportView } from '../../exports/presentation.ts'
import type { JobFrame } from '../../exports/protocol.ts'
import { byId } from '../live/dom.ts'
import { elementOf, patch } from '../live/html.ts'
import { localCalendar } from '../live/times.ts'
import { isJobFrame, JOB_CHANGED } from '../rooms/job-changes.ts'

const list = byId('exports', HTMLUListElement)
const status = byId('export-status', HTMLElement)
const { path = '' } = list.dataset

document.addEventListener(JOB_CHANGED, (event) => {
  if (event instanceof CustomEvent && isJobFrame(event.detail)) show(event.detail)
})

// The page may have been made, or kept by the browser, some time ago.
for (const item of list.children) refresh(item.id.replace(/^export-/, '')).catch(() => {})

async function refresh(id: string): Promise<void> {
  const answer = await fetch(`/api/jobs/${id}`)
  if (!answer.ok) return
  const job: unknown = await answer.json()
  if (typeof job !== 'object' || job === null) return
  const frame = { type: 'job', ...job }
  if (isJobFrame(frame)) show(frame)
}

/** Shows how far an export has come that stands on this page; those of other rooms do not. */
function show(job: JobFrame): void {
  const before = document.getElementById(`export-${job.id}`)
  if (!before) return
  const wasUnderWay = before.querySelector('progress') !== null
  patch(before, elementOf(renderExport(exportView(job, path, localCalendar))))
  if (!wasUnderWay) return
  if (job.state === 'done') status.textContent = 'The export is ready.'
  if (job.state === 'failed') status.textContent = 'The export failed.'
}
