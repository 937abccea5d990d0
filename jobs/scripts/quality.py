from oleoduto_jobs.etl.quality.job import main

main()
