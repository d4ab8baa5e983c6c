/** The job modules of all domains; importing them registers their handlers, workflows and ticks. */
import "@/server/compute/jobs";
import "@/server/datasets/jobs";
import "@/server/demo/jobs";
import "@/server/experiments/jobs";
import "@/server/governance/jobs";
import "@/server/monitoring/jobs";
import "@/server/platform/jobs";
import "@/server/registry/jobs";
import "@/server/serving/jobs";
