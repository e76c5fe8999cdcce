"""What a training needs before it starts: data, memory, arithmetic, time."""

from dav2.plan.estimate import Plan, format_plan, plan, with_measured_step

__all__ = ["Plan", "format_plan", "plan", "with_measured_step"]
