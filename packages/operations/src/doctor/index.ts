export { diagnose, UnknownShop, type Diagnosis, type DiagnosisOptions } from './examine.js';
export type { Cause, Check as DiagnosisCheck, Finding, Severity } from './finding.js';
export type { CallStatistics } from './call-statistics.js';
