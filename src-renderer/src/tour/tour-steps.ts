export interface TourFacts {
  datasetCount: number
  hasImages: boolean
  hasTable: boolean
  /** Labels or splits were edited since the step began. */
  wasEdited: boolean
  /** Runs of the dataset on screen. */
  runCount: number
  finishedCount: number
  isTableOpen: boolean
}

export interface TourStep {
  id: string
  title: string
  text: string
  /** Screen it belongs to; `home` needs no dataset. */
  route: string
  /** What it points at, first match wins; without one the card sits in the corner. */
  target: string
  /** What the user is asked to do has happened. */
  isDone?: (facts: TourFacts) => boolean
  /** Offer to open this sample. */
  sample?: { id: string; label: string; isNeeded: (facts: TourFacts) => boolean }
}

/** The main job from pictures to an audit, each step on its own screen. */
export const tourSteps: TourStep[] = [
  {
    id: 'import',
    title: 'Start with some data',
    text: 'Drop a folder or a table on this window, or open a sample. The handwritten digits are a good beginning.',
    route: 'home',
    target: '[data-tour="samples"], [data-tour="import"]',
    isDone: ({ datasetCount }) => datasetCount > 0,
    sample: { id: 'digits', label: 'Open the digits', isNeeded: ({ hasImages }) => !hasImages },
  },
  {
    id: 'data',
    title: 'See what you have',
    text: 'How many pictures each class has, which of them train the network, and which are kept back to test it. Split them here when they are not split yet.',
    route: 'data',
    target: '[data-tour="overview"]',
    isDone: () => true,
  },
  {
    id: 'label',
    title: 'Put labels right',
    text: 'Click a picture and press a number key to give it that class. Ctrl+Z takes it back. Every edit is saved at once.',
    route: 'label',
    target: '[data-tour="gallery"]',
    isDone: ({ wasEdited }) => wasEdited,
  },
  {
    id: 'train',
    title: 'Train a network',
    text: 'The settings suit your data already. Every one of them explains itself. Start a first run as it is.',
    route: 'train',
    target: '[data-tour="start"], [data-tour="settings"]',
    isDone: ({ runCount }) => runCount > 0,
  },
  {
    id: 'train-again',
    title: 'Train a second one',
    text: 'Change something, for example the model family, and start again. It waits in line while the first one trains.',
    route: 'train',
    target: '[data-tour="start"], [data-tour="settings"]',
    isDone: ({ runCount }) => runCount > 1,
  },
  {
    id: 'compare',
    title: 'Compare them',
    text: 'All runs with what they reached and how they differ. Choose two and compare; a click on a cell of a confusion matrix shows those samples.',
    route: 'runs',
    target: '[data-tour="runs"]',
    isDone: ({ finishedCount }) => finishedCount > 1,
  },
  {
    id: 'explain',
    title: 'Ask why',
    text: 'The map shows which parts of the input spoke for the class, and which against it. Compare methods: they answer slightly different questions.',
    route: 'explain',
    target: '[data-tour="explain"]',
    isDone: () => true,
  },
  {
    id: 'audit',
    title: 'Whom does it treat unfairly?',
    text: 'A bias report needs data about people. Open German credit, train one run on it, then choose sex or age here. You name the outcome that is good for the person.',
    route: 'audit',
    target: '[data-tour="audit"]',
    isDone: ({ isTableOpen, finishedCount }) => isTableOpen && finishedCount > 0,
    sample: { id: 'german-credit', label: 'Open German credit', isNeeded: ({ isTableOpen }) => !isTableOpen },
  },
]
