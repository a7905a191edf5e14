"""From a download of submissions to the course folder."""
