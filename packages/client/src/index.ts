export { paygraphFields, type ResumableField } from './fields.ts';
export { type ResumeOptions, resuming } from './resuming.ts';
