export interface Step {
  /** Route name. */
  name: string
  title: string
  icon: string
  /** Further route names that belong to this step. */
  also?: string[]
  key: string
}

/** The main job, in its order. */
export const steps: Step[] = [
  { name: 'data', title: 'Data', icon: 'i-lucide-database', key: '1' },
  { name: 'label', title: 'Label', icon: 'i-lucide-tags', key: '2' },
  { name: 'train', title: 'Train', icon: 'i-lucide-sliders-horizontal', also: ['run'], key: '3' },
  { name: 'runs', title: 'Compare', icon: 'i-lucide-chart-line', also: ['compare'], key: '4' },
  { name: 'explain', title: 'Explain', icon: 'i-lucide-scan-eye', key: '5' },
  { name: 'audit', title: 'Audit', icon: 'i-lucide-scale', key: '6' },
  { name: 'try', title: 'Try it', icon: 'i-lucide-flask-conical', key: '7' },
]
